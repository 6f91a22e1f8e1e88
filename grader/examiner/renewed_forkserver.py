"""A warm process that is started anew when it is gone, and turns for what is tried again."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grader.examiner.forkserver_client import ForkServer, GraderError, NestedForkServer


class Renewed(ForkServer):
    """Forks of a warm process, or of another one like it if the first was ended."""

    def __init__(self, start: Callable[[], NestedForkServer]) -> None:
        """``start`` starts the warm process.

        Raises:
            GraderError: it can't be started.
        """
        self._start = start
        self._lock = threading.Lock()
        self._closed = False
        self._warm = start()

    def fork(
        self,
        request: Mapping[str, Any],
        kind: socket.SocketKind = socket.SOCK_STREAM,
    ) -> tuple[socket.socket, socket.socket]:
        """See `ForkServer.fork`."""
        with self._lock:
            try:
                return self._warm.fork(request, kind)
            except GraderError:
                if self._closed:
                    raise
            self._warm.close()
            self._warm = self._start()
            return self._warm.fork(request, kind)

    def close(self) -> None:
        """End it and its forks, for good."""
        with self._lock:
            self._closed = True
            self._warm.close()


class Turns:
    """Many go on side by side, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._beside = 0
        self._alone = 0
        self._taken = False

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """Wait while one is alone, or waits to be."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._beside += 1
        try:
            yield
        finally:
            with self._changed:
                self._beside -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody else goes on."""
        with self._changed:
            self._alone += 1
            self._changed.wait_for(lambda: not self._beside and not self._taken)
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._alone -= 1
                self._taken = False
                self._changed.notify_all()
