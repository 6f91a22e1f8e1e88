"""Starts the warm process and asks it for forks. Light to import: it runs before all else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START_SECONDS = 120.0
"""How long a process may take to import torch on a slow disk."""


class GraderError(Exception):
    """The grader itself failed; never the submission's fault."""


def environment(folder: str) -> dict[str, str]:
    """A candidate's environment: enough to import torch, and one thread to compute with."""
    kept = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    package_root = str(Path(__file__).resolve().parents[2])
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "CUDA_VISIBLE_DEVICES": "",
        "HOME": folder,
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": package_root,
        "TMPDIR": folder,
    }


class Warm:
    """A warm process of a service (see `grader.candidate.warm`), from the examiner's end."""

    def __init__(self, folder: str, service: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "grader.candidate.warm", str(theirs.fileno()), service],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment(folder),
                cwd=folder,
            )
        self._requests = ours

    def fork(self, request: Mapping[str, Any]) -> tuple[socket.socket, socket.socket]:
        """A new fork's wire and control socket; closing the latter ends the fork.

        Raises:
            GraderError: the warm process is gone.
        """
        wire, their_wire = socket.socketpair()
        control, their_control = socket.socketpair()
        with their_wire, their_control:
            try:
                fds = [their_wire.fileno(), their_control.fileno()]
                socket.send_fds(self._requests, [json.dumps(request).encode()], fds)
            except OSError as error:
                raise GraderError(f"the warm process is gone: {error}") from error
        return wire, control

    def close(self) -> None:
        """End the warm process; it ends its forks first."""
        self._requests.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
