"""Processes that execute a submission's code beside the checks, seen from the examiner's end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from grader.examiner.forkserver_client import ForkServer, GraderError, ending_words

Outcome = TypeVar("Outcome")

_SENT_BY_LIMITS = ("SIGSYS", "SIGXCPU", "SIGXFSZ")
"""Signals that the system sends to a process for what it did itself, and to no other."""
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Ending:
    """How a process ended.

    Attributes:
        words: the same for a person.
        by: whose doing it was: its own, if it left Python or went beyond a limit of its own; the
            machine's, if the fork server is gone as well; and unknown if it got a signal, which it
            may have sent to itself.
        peak_bytes: memory that it held at the most; 0 if that is not known.
    """

    words: str
    by: Literal["itself", "unknown", "machine"]
    peak_bytes: int = 0


class InterruptionError(GraderError):
    """A run or a training was ended, and not certainly by the submission.

    Attributes:
        outcome: what came of it if it was the submission; None if it can't have been.
        peak_bytes: memory that its process held at the most; 0 if that is not known.
    """

    def __init__(self, words: str, outcome: Any = None, peak_bytes: int = 0) -> None:
        super().__init__(words)
        self.outcome = outcome
        self.peak_bytes = peak_bytes


def attribute_ending(outcome: Outcome, ending: Ending) -> Outcome:
    """Return the outcome of a process that ended, if the ending was its own doing.

    Raises:
        InterruptionError: it may have been somebody else's.
    """
    if ending.by == "itself":
        return outcome
    blamed = outcome if ending.by == "unknown" else None
    raise InterruptionError(ending.words, blamed, ending.peak_bytes) from None


class Process(Protocol):
    """A process that can be talked to, watched and ended."""

    wire: socket.socket

    def ended(self) -> Ending | None:
        """Return how the process ended, or None while it lives."""
        ...

    def kill(self) -> None:
        """End it and all that it started. May be called from any thread, and more than once."""
        ...

    def close(self) -> None:
        """End it and let go of it."""
        ...


class ForkedProcess:
    """A fork of a fork server."""

    def __init__(self, forkserver: ForkServer, request: Mapping[str, Any]) -> None:
        """``request`` names the ``limits`` of the fork, as `grader.protocol.limits` has them."""
        self.wire, self._control = forkserver.fork(request)
        self.wire.setblocking(False)
        self._control.setblocking(False)
        self._cpu_seconds = request["limits"]["cpu_seconds"]
        self._killed = False
        self._ended: Ending | None = None

    def greeting(self) -> bytes:
        """Return what it has said on its wire since it was last asked."""
        with contextlib.suppress(OSError):
            return self.wire.recv(4096)
        return b""

    def ended(self) -> Ending | None:
        """See `Process.ended`."""
        if self._ended is None:
            try:
                report = self._control.recv(4096)
            except BlockingIOError:
                return None
            except OSError:
                report = b""
            self._ended = self._ending(report)
        return self._ended

    def kill(self) -> None:
        """See `Process.kill`."""
        self._killed = True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """See `Process.close`."""
        self._control.close()
        self.wire.close()

    def _ending(self, report: bytes) -> Ending | None:
        """Read what the fork server wrote last about the fork; nothing if both are gone."""
        if not report:
            return Ending("its process was ended", "itself" if self._killed else "machine")
        last = json.loads(report.splitlines()[-1])
        if "pid" in last:
            return None
        if "signal" in last and last["seconds"] > 0.95 * self._cpu_seconds:
            return _ending_of(-signal.SIGXCPU)
        return _ending_of(-last["signal"] if "signal" in last else last["exit"], last["bytes"])


def _ending_of(code: int, peak_bytes: int = 0) -> Ending:
    """Return the ending that an exit status tells; a negative one is minus a signal's number."""
    if code >= 0:
        return Ending(ending_words(code), "itself")
    own = any(-code == getattr(signal, name, None) for name in _SENT_BY_LIMITS)
    return Ending(ending_words(code), "itself" if own else "unknown", peak_bytes)


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
        """See `Process.ended`."""
        code = self._process.poll()
        return None if code is None else _ending_of(code)

    def kill(self) -> None:
        """See `Process.kill`."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """See `Process.close`."""
        self.kill()
        self._process.wait()
        self.wire.close()


def wait_for_ending(process: Process, seconds: float) -> Ending | None:
    """Return how a process ended whose last word was heard; None if it still lives then."""
    deadline = time.monotonic() + seconds
    while (ending := process.ended()) is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return ending
