"""The service of candidates, in a fork server that writes down what its forks have used.

So do the fork servers that are forked from it, for they are of the same class.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from grader.candidate import worker
from grader.candidate.worker import become, import_late

__all__ = ["account_of", "become", "import_late", "prepare"]


def account_of(folder: Path) -> Path:
    """The file beside the folder of a fork server in which what was used is written down."""
    return folder.with_name(f"{folder.name}.account")


def prepare(forks: str = "few") -> None:
    """Prepare the service, and the class of the fork server that it is in."""
    worker.prepare(forks)
    server: Any = sys.modules["__main__"]._ForkServer
    account = account_of(Path(sys.argv[2]))
    fork, bury, run = server._fork, server._bury, server.run

    def write(what: str, used: Any) -> None:
        line = {"what": what, "seconds": used.ru_utime + used.ru_stime, "faults": used.ru_minflt}
        with account.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def accounted_fork(self: Any, wire_fd: int, request: Any) -> int:
        pid: int = fork(self, wire_fd, request)
        kinds = self.__dict__.setdefault("kinds", {})
        service = request.get("service", self._service.__name__).rpartition(".")[2]
        kinds[pid] = f"server {request['server']}" if "server" in request else service
        return pid

    def accounted_bury(self: Any, fork: Any, ended: Any, used: Any) -> None:
        write(self.kinds[ended.si_pid], used)
        bury(self, fork, ended, used)

    def accounted_run(self: Any) -> None:
        run(self)
        with suppress(ChildProcessError):
            while True:
                pid, _, used = os.wait4(-1, 0)
                write(self.kinds.get(pid, "stray"), used)
        write(f"itself {self._service.__name__}", resource.getrusage(resource.RUSAGE_SELF))

    server._fork, server._bury, server.run = accounted_fork, accounted_bury, accounted_run
