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
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from grader.candidate.processes import START_SECONDS, GraderError, Warm, ending_words, environment


class Channel(Protocol):
    """A running candidate."""

    def send(self, data: bytes) -> None: ...
    def receive(self, count: int, deadline: float) -> bytes:
        """Exactly ``count`` bytes; raises TimeoutError or EOFError."""
        ...

    def ending(self) -> str:
        """How the candidate ended, in words; called after an EOFError."""
        ...

    def close(self) -> None:
        """Kill the candidate and all it started."""
        ...


def receive_exactly(wire: socket.socket, count: int, deadline: float) -> bytes:
    """``count`` bytes from a socket by a reading of `time.monotonic`.

    Raises:
        TimeoutError: they did not come in time.
        EOFError: the other side ended before.
    """
    data = bytearray()
    while len(data) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        wire.settimeout(left)
        part = wire.recv(min(count - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


class Forked:
    """A candidate forked from the warm process."""

    def __init__(self, warm: Warm, given: Mapping[str, Any]) -> None:
        self._wire, self._control = warm.fork(given)
        self._control.settimeout(START_SECONDS)
        if not self._news():
            self.close()
            raise GraderError("the warm process started no candidate")

    def _news(self) -> dict[str, int]:
        try:
            line = self._control.recv(4096)
            return json.loads(line.splitlines()[-1]) if line else {}
        except OSError:
            return {}

    def send(self, data: bytes) -> None:
        self._wire.settimeout(START_SECONDS)
        self._wire.sendall(data)

    def receive(self, count: int, deadline: float) -> bytes:
        return receive_exactly(self._wire, count, deadline)

    def ending(self) -> str:
        self._control.settimeout(5)
        news = self._news()
        return ending_words(-news["signal"] if "signal" in news else news.get("exit", 0))

    def close(self) -> None:
        self._wire.close()
        self._control.close()


class Spawned:
    """A candidate in a Python of its own, for platforms where a fork is not safe."""

    def __init__(self, folder: str, given: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grader.candidate.worker", json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(folder),
            cwd=folder,
            start_new_session=True,
        )
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
            self.receive(1, time.monotonic() + START_SECONDS)
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.close()

    def receive(self, count: int, deadline: float) -> bytes:
        while len(self._held) < count:
            left = deadline - time.monotonic()
            try:
                part = self._parts.get(timeout=max(left, 0.001))
            except queue.Empty:
                raise TimeoutError from None
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
