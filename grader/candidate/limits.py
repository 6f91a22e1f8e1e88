"""What a candidate may use, enforced by the kernel before the first line of student code runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one candidate process.

    Attributes:
        cpu_seconds: CPU time of the process; past it the kernel kills it.
        memory_bytes: address space on top of what the warm process already holds.
        file_bytes: size of any file that it writes.
        descriptors: open files.
    """

    cpu_seconds: int = 60
    memory_bytes: int = 2 << 30
    file_bytes: int = 16 << 20
    descriptors: int = 64


def apply(limits: Limits) -> None:
    """Set this process's resource limits; they can't be raised again without privilege.

    Where the platform has none (Windows), the examiner's wall clock alone bounds a candidate.
    """
    if sys.platform == "win32":
        return
    import resource

    def limit(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))

    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    limit(resource.RLIMIT_NOFILE, limits.descriptors)
    if sys.platform == "linux":
        limit(resource.RLIMIT_AS, _address_space() + limits.memory_bytes)


def _address_space() -> int:
    """Bytes of address space that this process holds now."""
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
