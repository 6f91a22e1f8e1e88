"""A fork server that is started again when it is gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

from grader.examiner.forkserver_client import ForkServer, GraderError, NestedForkServer
from grader.protocol.forking import ForkRequest


class RestartingForkServer(ForkServer):
    """A fork server of a service, or another one like it if the first was ended."""

    def __init__(self, parent: ForkServer, service: str, *arguments: str) -> None:
        """Fork it from ``parent``; ``arguments`` are what the service is prepared with.

        Raises:
            GraderError: it can't be started.
        """
        self._start = partial(NestedForkServer, parent, service, *arguments)
        self._lock = threading.Lock()
        self._closed = False
        self._server = self._start()

    def fork(
        self,
        request: ForkRequest | Mapping[str, Any],
        kind: socket.SocketKind = socket.SOCK_STREAM,
    ) -> tuple[socket.socket, socket.socket]:
        """See `ForkServer.fork`."""
        with self._lock:
            try:
                return self._server.fork(request, kind)
            except GraderError:
                if self._closed:
                    raise
            self._server.close()
            self._server = self._start()
            return self._server.fork(request, kind)

    def close(self) -> None:
        """End it and its forks, for good."""
        with self._lock:
            self._closed = True
            self._server.close()
