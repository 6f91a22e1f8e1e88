"""Starts the fork server and asks it for forks. Light to import: it runs before all else."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.protocol.forking import MAX_REQUEST, SEARCHED, ForkRequest

START_SECONDS = 120.0
"""How long a process may take to import torch on a slow disk."""


class GraderError(Exception):
    """The grader itself failed; never the submission's fault."""


class _GoneError(GraderError):
    """A process that forks has ended."""


_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_KEPT_WITH_GPUS = ("CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES")


def environment(folder: str, with_gpus: bool = False) -> dict[str, str]:
    """Return a candidate's environment: enough to import torch, and one thread to compute with."""
    kept = (*_KEPT, *_KEPT_WITH_GPUS) if with_gpus else _KEPT
    variables = {"CUDA_VISIBLE_DEVICES": ""} if not with_gpus else {}
    variables |= {name: os.environ[name] for name in kept if name in os.environ}
    return variables | {
        # Memory that is freed is kept, for a fresh page costs more than most computations in it.
        "MALLOC_MMAP_THRESHOLD_": str(256 << 20),
        "MALLOC_TOP_PAD_": str(16 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
        "HOME": folder,
        # Whom a library asks for when it names a folder: a candidate's user has no name.
        "LOGNAME": "student",
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        SEARCHED: os.pathsep.join(os.path.abspath(path) for path in sys.path),
        "TMPDIR": folder,
        # What compiles and is imported late (see `eager`) does nothing.
        "TORCHDYNAMO_DISABLE": "1",
    }


class ForkServer:
    """The examiner's end of a fork server (see `grader.candidate.forkserver`).

    One that was ended (such as by a machine that ran out of memory) is started again when it is
    needed again.
    """

    _requests: socket.socket

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        raise NotImplementedError

    def _restart(self) -> None:
        """Let go of what has ended, and start it again if that can be done now."""
        raise NotImplementedError

    def fork(
        self,
        request: ForkRequest | Mapping[str, Any],
        kind: socket.SocketKind = socket.SOCK_STREAM,
    ) -> tuple[socket.socket, socket.socket]:
        """Return a new fork's wire, of the given kind, and control socket; closing that ends it.

        Raises:
            GraderError: the fork server is gone, or the request is too large for it.
        """
        data = json.dumps(request).encode()
        if len(data) > MAX_REQUEST:
            raise GraderError(f"a process can't be asked for in {len(data)} bytes: names too long")
        requests = self._requests
        try:
            return _fork(requests, data, kind)
        except _GoneError:
            if not self._is_started_again(requests):
                raise
        return _fork(self._requests, data, kind)

    def _is_started_again(self, gone: socket.socket) -> bool:
        """Return whether requests go to another process now than the one that has ended."""
        with self._lock:
            if self._requests is gone and not self._closed:
                self._restart()
            return self._requests is not gone


def _fork(
    requests: socket.socket, data: bytes, kind: socket.SocketKind
) -> tuple[socket.socket, socket.socket]:
    wire, their_wire = socket.socketpair(socket.AF_UNIX, kind)
    control, their_control = socket.socketpair()
    with their_wire, their_control:
        try:
            socket.send_fds(requests, [data], [their_wire.fileno(), their_control.fileno()])
        except OSError as error:
            wire.close()
            control.close()
            raise _GoneError("the process that student code is forked from ended") from error
    return wire, control


class RootForkServer(ForkServer):
    """A fork server in a Python of its own; it removes its folder when the examiner is gone."""

    def __init__(self, folder: str, service: str, *arguments: str) -> None:
        """``arguments`` are what the service is prepared with."""
        self._folder, self._service = folder, (service, *arguments)
        super().__init__()

    def _start(self) -> None:
        os.makedirs(self._folder, 0o700, exist_ok=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "grader.candidate.forkserver"]
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno()), self._folder, *self._service],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment(self._folder),
                cwd=self._folder,
                # Ctrl-C and a kill of the examiner's group are not for it: it has to clean up.
                start_new_session=True,
            )
        self._requests = ours

    def _restart(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
            self._requests.close()
            self._start()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked for forks; it lets go of its socket before they die."""
        with self._lock:
            try:
                return self._requests.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
            except BlockingIOError:
                return True
            except OSError:
                return False

    def close(self) -> None:
        """End it for good; it ends its forks first."""
        with self._lock:
            self._closed = True
        self._requests.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class NestedForkServer(ForkServer):
    """A fork of a fork server that is one itself, of a service with more imports."""

    def __init__(self, parent: ForkServer, service: str, *arguments: str) -> None:
        """``arguments`` are what the service is prepared with.

        Raises:
            GraderError: ``parent`` is gone.
        """
        self._parent = parent
        self._request: ForkRequest = {"server": service, "arguments": arguments}
        super().__init__()

    def _start(self) -> None:
        self._requests, self._control = self._parent.fork(self._request, socket.SOCK_SEQPACKET)

    def _restart(self) -> None:
        self._requests.close()
        self._control.close()
        self._start()

    def close(self) -> None:
        """End it and its forks, for good."""
        with self._lock:
            self._closed = True
        self._requests.close()
        self._control.close()
