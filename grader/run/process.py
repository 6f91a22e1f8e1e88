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
from typing import Any, Protocol

from grader.candidate.processes import Nursery, ending_words


class Process(Protocol):
    """A process that can be heard, watched and ended."""

    wire: socket.socket

    def ended(self) -> str | None:
        """How the process ended, in words; None while it lives."""
        ...

    def kill(self) -> None:
        """End it and all that it started. May be called from any thread, and more than once."""
        ...

    def close(self) -> None:
        """End it and let go of it."""
        ...


class ForkedProcess:
    """A fork of a warm process: what it says, how it ended once it has, and a way to end it."""

    def __init__(self, kernels: Nursery, request: Mapping[str, Any]) -> None:
        self.wire, self._control = kernels.fork(request)
        self.wire.setblocking(False)
        self._control.setblocking(False)
        self._ended: str | None = None

    def greeting(self) -> bytes:
        """What it has said on its wire since it was last asked."""
        with contextlib.suppress(OSError):
            return self.wire.recv(4096)
        return b""

    def ended(self) -> str | None:
        """How the process ended, in words; None while it lives."""
        if self._ended is None:
            try:
                news = self._control.recv(4096)
            except BlockingIOError:
                return None
            except OSError:
                news = b""
            self._ended = _ending(news)
        return self._ended

    def kill(self) -> None:
        """End it and all that it started. May be called from any thread, and more than once."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._control.close()
        self.wire.close()


def _ending(news: bytes) -> str | None:
    """What the warm process wrote last about a fork; nothing means that both are gone."""
    if not news:
        return "its process was ended"
    last = json.loads(news.splitlines()[-1])
    if "pid" in last:
        return None
    return ending_words(-last["signal"] if "signal" in last else last["exit"])


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

    def ended(self) -> str | None:
        code = self._process.poll()
        return None if code is None else ending_words(code)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self._process.wait()
        self.wire.close()
