"""The worker's service on a machine that filters no system calls."""

from __future__ import annotations

from grader.candidate.confinement import seccomp
from grader.candidate.worker import become, prepare

__all__ = ["become", "prepare"]


def _none(pid: int, unix_sockets: bool) -> bytes:
    raise OSError("there are no filters here")


seccomp.bpf_program = _none
