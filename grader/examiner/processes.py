"""Processes that execute a submission's code beside the checks, seen from the examiner's end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from grader.examiner.forkserver_client import ForkServer, GraderError, ending_words

_SENT_BY_LIMITS = ("SIGSYS", "SIGXCPU", "SIGXFSZ")
"""Signals that the system sends to a process for what it did itself, and to no other."""


@dataclass(frozen=True)
class Ending:
    """How a process ended.

    Attributes:
        words: the same for a person.
        by: whose doing it was: its own, if it left Python or went beyond a limit of its own;
            the machine's, if the warm process that it was forked from is gone as well; and
            somebody's if it got a signal, which it may have sent to itself.
        memory: bytes that it held at the most; 0 if that is not known.
    """

    words: str
    by: Literal["itself", "somebody", "machine"]
    memory: int = 0


class Interrupted(GraderError):  # noqa: N818
    """A run or a training was ended, and not certainly by the submission.

    Attributes:
        told: what came of it if it was the submission; None if it can't have been.
        memory: bytes that its process held at the most; 0 if that is not known.
    """

    def __init__(self, words: str, told: Any = None, memory: int = 0) -> None:
        super().__init__(words)
        self.told = told
        self.memory = memory


class Process(Protocol):
    """A process that can be heard, watched and ended."""

    wire: socket.socket

    def ended(self) -> Ending | None:
        """How the process ended; None while it lives."""
        ...

    def kill(self) -> None:
        """End it and all that it started. May be called from any thread, and more than once."""
        ...

    def close(self) -> None:
        """End it and let go of it."""
        ...


class ForkedProcess:
    """A fork of a warm process: what it says, how it ended once it has, and a way to end it."""

    def __init__(self, kernels: ForkServer, request: Mapping[str, Any]) -> None:
        """``request`` names the ``limits`` of the fork, as `grader.protocol.limits` has them."""
        self.wire, self._control = kernels.fork(request)
        self.wire.setblocking(False)
        self._control.setblocking(False)
        self._cpu_seconds = request["limits"]["cpu_seconds"]
        self._killed = False
        self._ended: Ending | None = None

    def greeting(self) -> bytes:
        """What it has said on its wire since it was last asked."""
        with contextlib.suppress(OSError):
            return self.wire.recv(4096)
        return b""

    def ended(self) -> Ending | None:
        """How the process ended; None while it lives."""
        if self._ended is None:
            try:
                news = self._control.recv(4096)
            except BlockingIOError:
                return None
            except OSError:
                news = b""
            self._ended = self._ending(news)
        return self._ended

    def kill(self) -> None:
        """End it and all that it started. May be called from any thread, and more than once."""
        self._killed = True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._control.close()
        self.wire.close()

    def _ending(self, news: bytes) -> Ending | None:
        """What the warm process wrote last about the fork; nothing means that both are gone."""
        if not news:
            return Ending("its process was ended", "itself" if self._killed else "machine")
        last = json.loads(news.splitlines()[-1])
        if "pid" in last:
            return None
        if "signal" in last and last["seconds"] > 0.95 * self._cpu_seconds:
            return Ending(ending_words(-signal.SIGXCPU), "itself")
        return ending(-last["signal"] if "signal" in last else last["exit"], last["bytes"])


def ending(code: int, memory: int = 0) -> Ending:
    """The ending that an exit status tells; a negative one is the signal that ended the process."""
    if code >= 0:
        return Ending(ending_words(code), "itself")
    if code == -signal.SIGKILL:
        return Ending("it was killed", "somebody", memory)
    own = any(-code == getattr(signal, name, None) for name in _SENT_BY_LIMITS)
    return Ending(ending_words(code), "itself" if own else "somebody", memory)


class SpawnedProcess:
    """A Python of its own, which finds its wire as the descriptor that its last argument names."""

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: str
    ) -> None:
        self.wire, theirs = socket.socketpair()
        command = [sys.executable, "-m", module, *arguments]
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )

    def ended(self) -> Ending | None:
        code = self._process.poll()
        return None if code is None else ending(code)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self._process.wait()
        self.wire.close()
