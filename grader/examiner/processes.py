"""Processes that execute a submission's code, seen from the examiner's end."""

from __future__ import annotations

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
from contextlib import suppress
from typing import Any

from grader.examiner.endings import Ending, ending_of
from grader.examiner.forkserver_client import START_SECONDS, ForkServer, GraderError, environment
from grader.protocol import folders
from grader.protocol.forking import ForkNews

Left = Callable[[], float]
"""Says how many seconds to wait before it is asked again; raises TimeoutError once it is over."""


def until(seconds: float) -> Left:
    """Return a limit in wall-clock time, from now on."""
    deadline = time.monotonic() + seconds

    def left() -> float:
        if (remaining := deadline - time.monotonic()) <= 0:
            raise TimeoutError
        return remaining

    return left


class ForkedProcess:
    """A fork of a fork server.

    Attributes:
        pid: its number, once it has started.
    """

    def __init__(self, server: ForkServer, request: Mapping[str, Any]) -> None:
        """``request`` is a `ForkRequest` with ``limits``."""
        self.pid: int | None = None
        self._wire, self._control = server.fork(request)
        self._cpu_seconds = request["limits"]["cpu_seconds"]
        self._news: ForkNews = {}
        self._is_server_gone = self._is_killed = False

    def wait_for_start(self) -> None:
        """Wait until it can be sent something.

        Raises:
            GraderError: it could not be started.
        """
        self._hear(START_SECONDS)
        self.pid = self._news.get("pid")
        if self.pid is None:
            why = self._news.get("refused", "the process that it is forked from ended")
            raise GraderError(f"no candidate was started: {why}")

    def greeting(self) -> bytes:
        """Return what it has said since it was last asked."""
        self._wire.settimeout(0)
        with suppress(OSError):
            return self._wire.recv(4096)
        return b""

    def send(self, data: bytes) -> None:
        """Send it all that it waits for."""
        self._wire.settimeout(START_SECONDS)
        self._wire.sendall(data)

    def receive(self, count: int, left: Left) -> bytes:
        """Return exactly ``count`` bytes of what it says.

        Raises:
            TimeoutError: they did not come in time.
            EOFError: it ended before.
        """
        data = bytearray()
        while len(data) < count:
            self._wire.settimeout(left())
            try:
                part = self._wire.recv(min(count - len(data), 1 << 20))
            except TimeoutError:
                continue
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def ended(self, seconds: float = 0.0) -> Ending | None:
        """Return how it ended; None if it still lives after so many seconds."""
        deadline = time.monotonic() + seconds
        while (ending := self._ending()) is None:
            self._hear(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                return self._ending()
        return ending

    def kill(self) -> None:
        """End it and all that it started. May be called from any thread, and more than once."""
        self._is_killed = True
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it and let go of it."""
        self._wire.close()
        self._control.close()

    def _hear(self, seconds: float) -> None:
        """Take in what the fork server says of this fork within so many seconds."""
        try:
            self._control.settimeout(seconds)
            news = self._control.recv(4096)
        except (BlockingIOError, TimeoutError):
            return
        except OSError:
            news = b""
        self._is_server_gone = not news
        for line in news.splitlines():
            self._news.update(json.loads(line))

    def _ending(self) -> Ending | None:
        """Return the ending that the fork server told of, or that nobody is left to tell of."""
        news = self._news
        if "signal" in news:
            if news["seconds"] > 0.95 * self._cpu_seconds:
                return ending_of(-signal.SIGXCPU)
            return ending_of(-news["signal"], news["bytes"], news.get("excess"))
        if "exit" in news:
            return ending_of(news["exit"])
        if self._is_server_gone:
            return Ending("its process was ended", "itself" if self._is_killed else "machine")
        return None


class SpawnedProcess:
    """A Python of its own, in a folder of its own; it is talked to by its standard streams."""

    def __init__(
        self, module: str, request: Mapping[str, Any], folder: str, with_gpus: bool = False
    ) -> None:
        """``folder`` is where its own is made; ``request`` is what else the module is told."""
        self._folder = tempfile.mkdtemp(prefix="scratch-", dir=folder)
        command = [sys.executable, "-m", module, json.dumps({**request, "folder": self._folder})]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(self._folder, with_gpus),
            cwd=self._folder,
            start_new_session=True,
        )
        self.pid: int | None = self._process.pid
        # A pipe has no time-outs on every platform, a queue has; its bound caps what is held.
        self._parts: queue.Queue[bytes] = queue.Queue(maxsize=64)
        self._held = bytearray()
        self._is_closed = False
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        assert self._process.stdout is not None
        part = b"-"
        while part and not self._is_closed:
            try:
                part = os.read(self._process.stdout.fileno(), 1 << 16)
            except (OSError, ValueError):
                part = b""
            while not self._is_closed:
                with suppress(queue.Full):
                    self._parts.put(part, timeout=1)
                    break

    def wait_for_start(self) -> None:
        """See `ForkedProcess.wait_for_start`."""
        # The imports take as long as the disk is slow, which the submission is not to blame for.
        with suppress(EOFError, TimeoutError):
            self.receive(1, until(START_SECONDS))

    def send(self, data: bytes) -> None:
        """See `ForkedProcess.send`."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.close()

    def receive(self, count: int, left: Left) -> bytes:
        """See `ForkedProcess.receive`."""
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

    def ended(self, seconds: float = 0.0) -> Ending | None:
        """See `ForkedProcess.ended`."""
        with suppress(subprocess.TimeoutExpired):
            return ending_of(self._process.wait(seconds))
        return None

    def kill(self) -> None:
        """See `ForkedProcess.kill`."""
        if sys.platform != "win32":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def close(self) -> None:
        """See `ForkedProcess.close`."""
        self._is_closed = True
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        folders.remove(self._folder)


Process = ForkedProcess | SpawnedProcess
"""Either can be talked to, watched and ended."""
