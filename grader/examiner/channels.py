"""Connections to single candidates, from the examiner's end."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from grader.examiner.forkserver_client import (
    START_SECONDS,
    GraderError,
    RootForkServer,
    ending_words,
    environment,
)
from grader.protocol import folders
from grader.protocol.forking import ForkNews, ForkRequest

_WORKER = (sys.executable, "-m", "grader.candidate.worker")

Left = Callable[[], float]
"""Says how many seconds to wait before it is asked again; raises TimeoutError once it is over."""


def until(seconds: float) -> Left:
    """Return a limit in wall-clock time, from now on."""
    return _until(time.monotonic() + seconds)


def _until(deadline: float) -> Left:
    def left() -> float:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    return left


class Channel(Protocol):
    """A running candidate.

    Attributes:
        pid: its process; None where that isn't known.
    """

    pid: int | None

    def send(self, data: bytes) -> None: ...
    def receive(self, count: int, left: Left) -> bytes:
        """Return exactly ``count`` bytes; raise TimeoutError or EOFError."""
        ...

    def ending(self) -> str:
        """Return how the candidate ended, in words; called after an EOFError.

        Raises:
            GraderError: nobody knows, for what it was forked from has ended as well.
        """
        ...

    def close(self) -> None:
        """Kill the candidate and all it started."""
        ...


def receive_exactly(wire: socket.socket, count: int, deadline: float) -> bytes:
    """Return ``count`` bytes from a socket by a reading of `time.monotonic`.

    Raises:
        TimeoutError: they did not come in time.
        EOFError: the other side ended before.
    """
    return _receive(wire, count, _until(deadline))


def _receive(wire: socket.socket, count: int, left: Left) -> bytes:
    data = bytearray()
    while len(data) < count:
        wire.settimeout(left())
        try:
            part = wire.recv(min(count - len(data), 1 << 20))
        except TimeoutError:
            continue
        if not part:
            raise EOFError
        data += part
    return bytes(data)


class Forked:
    """A candidate forked from a fork server."""

    def __init__(self, server: RootForkServer, request: ForkRequest) -> None:
        self._wire, self._control = server.fork(request)
        self._news: ForkNews = {}
        self._hear(START_SECONDS)
        self.pid: int | None = self._news.get("pid")
        if self.pid is None:
            self.close()
            why = self._news.get("refused", "the process that it is forked from ended")
            raise GraderError(f"no candidate was started: {why}")

    def _hear(self, seconds: float) -> bool:
        """Learn what the fork server says of this fork; return False once it says no more."""
        self._control.settimeout(seconds)
        try:
            news = self._control.recv(4096)
        except TimeoutError:
            return True
        except OSError:
            return False
        for line in news.splitlines():
            self._news.update(json.loads(line))
        return bool(news)

    def send(self, data: bytes) -> None:
        self._wire.settimeout(START_SECONDS)
        self._wire.sendall(data)

    def receive(self, count: int, left: Left) -> bytes:
        return _receive(self._wire, count, left)

    def ending(self) -> str:
        known = self._news.keys() & {"signal", "exit"} or self._hear(5)
        if self._news.get("excess") == "folder":
            return "it wrote more into its folder than it may"
        if self._news.get("excess") == "disk":
            raise GraderError("the disk of the folder for temporary files is full")
        if "signal" in self._news:
            return ending_words(-self._news["signal"])
        if "exit" in self._news:
            return ending_words(self._news["exit"])
        if known:
            return "it closed its channel to the grader"
        raise GraderError("a candidate ended together with the process that it was forked from")

    def close(self) -> None:
        self._wire.close()
        self._control.close()


class Spawned:
    """A candidate in a Python of its own, for platforms where a fork is not safe."""

    def __init__(self, folder: str, given: Mapping[str, Any]) -> None:
        self._folder = tempfile.mkdtemp(prefix="scratch-", dir=folder)
        self._process = subprocess.Popen(
            [*_WORKER, json.dumps({**given, "folder": self._folder})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(self._folder),
            cwd=self._folder,
            start_new_session=True,
        )
        self.pid: int | None = self._process.pid
        # A pipe has no time-outs on every platform, a queue has; its bound caps what is held.
        self._parts: queue.Queue[bytes] = queue.Queue(maxsize=64)
        self._held = bytearray()
        self._closed = False
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        assert self._process.stdout is not None
        part = b"-"
        while part and not self._closed:
            try:
                part = os.read(self._process.stdout.fileno(), 1 << 16)
            except (OSError, ValueError):
                part = b""
            while not self._closed:
                with contextlib.suppress(queue.Full):
                    self._parts.put(part, timeout=1)
                    break

    def send(self, data: bytes) -> None:
        # The imports take as long as the disk is slow, which the submission is not to blame for.
        with contextlib.suppress(EOFError, TimeoutError):
            self.receive(1, until(START_SECONDS))
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.close()

    def receive(self, count: int, left: Left) -> bytes:
        while len(self._held) < count:
            try:
                part = self._parts.get(timeout=left())
            except queue.Empty:
                continue
            if not part:
                raise EOFError
            self._held += part
        data = bytes(self._held[:count])
        del self._held[:count]
        return data

    def ending(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        return ending_words(self._process.returncode or 0)

    def close(self) -> None:
        self._closed = True
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        folders.remove(self._folder)
