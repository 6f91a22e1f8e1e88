"""A fork server that is started again when it is gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Any

from grader.examiner.forkserver_client import GraderError, Nursery, WarmFork


class RestartingForkServer(Nursery):
    """A fork server of a service, or another one like it if the first was ended."""

    def __init__(self, parent: Nursery, service: str) -> None:
        """Fork it from ``parent``.

        Raises:
            GraderError: it can't be started.
        """
        self._parent, self._service = parent, service
        self._lock = threading.Lock()
        self._closed = False
        self._server = WarmFork(parent, service)

    def fork(
        self,
        request: Mapping[str, Any],
        kind: socket.SocketKind = socket.SOCK_STREAM,
    ) -> tuple[socket.socket, socket.socket]:
        """See `Nursery.fork`."""
        with self._lock:
            try:
                return self._server.fork(request, kind)
            except GraderError:
                if self._closed:
                    raise
            self._server.close()
            self._server = WarmFork(self._parent, self._service)
            return self._server.fork(request, kind)

    def close(self) -> None:
        """End it and its forks, for good."""
        with self._lock:
            self._closed = True
            self._server.close()
