"""What a candidate may use, enforced by the kernel before the first line of student code runs."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from grader.protocol import job_limits
from grader.protocol.folders import opened_folder

if sys.platform != "win32":
    import resource


FILES = 1 << 16
"""More than any run makes in its folder."""


@dataclass(frozen=True)
class Limits:
    """Limits of one candidate process.

    Attributes:
        cpu_seconds: CPU time of the process; past it the kernel ends it. That is to stop what the
            examiner can't, so it comes later than his own limits.
        memory_bytes: address space on top of what the fork server already holds; no more than an
            even share of the job's memory is given. None sets no bound: CUDA reserves address
            space far beyond any memory.
        file_bytes: size of any file that it writes.
        folder_bytes: all that its own folder may hold, if it has one; kept from outside. Every file
            counts as 4096 at least.
        folder_files: how many files and folders that may be.
        descriptors: open files.
        threads: how many it may have at once. A user who is not root shares this with what else
            he runs, so there it holds a bomb off but doesn't count exactly.
    """

    cpu_seconds: int = 90
    memory_bytes: int | None = 2 << 30
    file_bytes: int = 16 << 20
    folder_bytes: int = 256 << 20
    folder_files: int = FILES
    descriptors: int = 64
    threads: int = 128


_LEAST_MEMORY = 512 << 20
_SHARED_USER_THREADS = 1024
_ROOM_FOR_OTHERS = 256 << 20
_MUCH = 1 << 62


def apply(limits: Limits, own_user: bool = False, held_bytes: int = 0) -> None:
    """Set this process's resource limits; they can't be raised again without privilege.

    ``own_user`` says that no other process runs as this one's user; ``held_bytes`` is the address
    space that it holds already (see `address_space`). Where the platform has no
    limits (Windows), the examiner's wall clock alone bounds a candidate.
    """
    if sys.platform == "win32":
        return

    def limit(kind: int, value: int, grace: int = 0) -> None:
        _, hard = resource.getrlimit(kind)
        most = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
        resource.setrlimit(kind, (min(value, most), most))

    limit(resource.RLIMIT_CORE, 0)
    # A signal that says why comes first, and a kill to those that ignore it.
    limit(resource.RLIMIT_CPU, limits.cpu_seconds, grace=5)
    limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    limit(resource.RLIMIT_NOFILE, limits.descriptors)
    if sys.platform == "linux":
        if limits.memory_bytes is not None:
            share = max(memory_share(), _LEAST_MEMORY)
            limit(resource.RLIMIT_AS, held_bytes + min(limits.memory_bytes, share))
        beside = 0 if own_user else threads_now() + _SHARED_USER_THREADS
        limit(resource.RLIMIT_NPROC, limits.threads + beside)


def prefer_as_oom_victim() -> None:
    """Have this process killed first, should the machine run out of memory all the same."""
    with suppress(OSError):
        # Not by `open`, which wakes up much of Python's memory in a fresh fork.
        file = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        try:
            os.write(file, b"1000")
        finally:
            os.close(file)


def cores() -> int:
    """Return how many processors this job may use, which can be fewer than there are."""
    return job_limits.of_this_job().cores.amount


@cache
def memory_share() -> int:
    """Return half of the job's memory, divided by the candidates that run side by side."""
    job = job_limits.of_this_job()
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    total = min(job.memory.amount, machine) if job.memory else machine
    return total // 2 // max(2, job.cores.amount)


@cache
def threads_now() -> int:
    """Return threads of this process's user, as they were when first asked."""
    count = 0
    for name in os.listdir("/proc"):
        with suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{name}/task"))
    return count


def is_overfull(folder: str, most: int, files: int = FILES) -> bool:
    """Return whether a folder of student code holds more than ``most`` bytes or ``files``.

    Every entry counts as a block of the disk at least, and what can't be looked into as too much.
    """
    total, count, waiting = 0, 0, [folder]
    while waiting:
        place = waiting.pop()
        try:
            with opened_folder(place) as opened, os.scandir(opened) as entries:
                for entry in entries:
                    stat = entry.stat(follow_symlinks=False)
                    total += max(stat.st_blocks * 512, 4096)
                    count += 1
                    if total > most or count > files:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(os.path.join(place, entry.name))
        except FileNotFoundError:
            continue
        except OSError:
            return True
    return False


def room(folder: str) -> int:
    """Return the bytes that are free on a folder's disk for who isn't root; many if unknown."""
    if sys.platform == "win32":
        return _MUCH
    try:
        disk = os.statvfs(folder)
    except OSError:
        return _MUCH
    return disk.f_bavail * disk.f_frsize


def least_room(folder: str) -> int:
    """Return the bytes that student code must leave free: half, but no more than is due."""
    return min(_ROOM_FOR_OTHERS, room(folder) // 2)


def address_space() -> int:
    """Return the bytes of address space that this process holds; 0 if unknown."""
    if sys.platform != "linux":
        return 0
    file = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(file, 4096).split()[0]) * resource.getpagesize()
    finally:
        os.close(file)
