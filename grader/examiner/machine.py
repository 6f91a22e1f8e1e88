"""What this machine gives the grader, found out before grading starts. Light to import."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from grader.protocol import job_limits, libc, limits
from grader.protocol.limits import cores as cores

if sys.platform != "win32":
    import resource

_MEGABYTE = 1 << 20
_FILES = 32
_FILES_A_JOB = {True: 40, False: 8}
"""Open in the examiner, with a run beside the checks and without; measured, with room to spare."""
_FILES_IN_A_CANDIDATE = {True: 256, False: 64}
_THREADS, _THREADS_A_JOB = 112, 32
"""Of all processes of the grader, student code's included; likewise."""

_ENDLESS = 1 << 62
_SOME_MEMORY = 4_000_000 * 1024


class TooLittleError(Exception):
    """The machine gives too little to grade with; says of what, and what to do."""


def free_bytes() -> int:
    """Return the memory that this job can still have; a guess where that can't be read."""
    free = job_limits.of_this_job().free
    return free.amount if free else _SOME_MEMORY


def killed_for_memory() -> int:
    """Return how many processes the system has ended so far because its memory was full."""
    return job_limits.number_after(Path("/proc/vmstat"), "oom_kill") or 0


def get_ready(run: bool) -> None:
    """Prepare this process for grading: raise its limits, and see that they do for one submission.

    Args:
        run: whether notebooks are executed, which takes more than checks alone.

    Raises:
        TooLittleError: they don't.
    """
    # Models as small as these are computed fastest by one thread: more only wait for each other.
    for library in ("MKL", "OMP", "OPENBLAS"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    libc.one_arena()
    _check_disk(run)
    if sys.platform == "win32":
        return
    _check("A process may use {} MB", "v", resource.RLIMIT_AS, 4096 if run else 2048, _MEGABYTE)
    _check("A process may compute for {} seconds", "t", resource.RLIMIT_CPU, 300 if run else 60)
    _check("A process may open {} files", "n", resource.RLIMIT_NOFILE, _FILES_IN_A_CANDIDATE[run])
    if _threads_left() < _THREADS_A_JOB:
        raise TooLittleError(
            f"You may have {_limit(resource.RLIMIT_NPROC)} processes and threads at a time here "
            f"(ulimit -u), and have {limits.threads_now()} already; grading takes "
            f"{_THREADS + _THREADS_A_JOB}: end some, or ask for more."
        )


def fitting(jobs: int, run: bool) -> int:
    """Return how many of so many submissions fit side by side into this process's limits, or 1."""
    if sys.platform == "win32":
        return jobs
    _raise_to(resource.RLIMIT_NOFILE, _FILES + jobs * _FILES_A_JOB[run])
    by_files = (_limit(resource.RLIMIT_NOFILE) - _FILES) // _FILES_A_JOB[run]
    return max(1, min(jobs, by_files, _threads_left() // _THREADS_A_JOB))


def _threads_left() -> int:
    """Return how many the user may still have beside what grading takes in any case."""
    most = _limit(resource.RLIMIT_NPROC)
    if os.getuid() == 0 or most == _ENDLESS:  # the limit doesn't hold for root
        return _ENDLESS
    return most - limits.threads_now() - _THREADS


def _check(what: str, letter: str, kind: int, least: int, unit: int = 1) -> None:
    """Raise a limit, which ``ulimit`` knows by a letter, to ``least`` units.

    Raises:
        TooLittleError: it may not be raised so far.
    """
    _raise_to(kind, least * unit)
    if (limit := _limit(kind)) < least * unit:
        raise TooLittleError(
            f"{what.format(limit // unit)} here (ulimit -{letter}); grading needs {least}: "
            "raise that limit, or ask who set it to."
        )


def _check_disk(run: bool) -> None:
    least = (64 if run else 1) * _MEGABYTE
    try:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise TooLittleError(
            f"There is no folder for temporary files ({error.strerror}): set TMPDIR to one."
        ) from error
    if free < least:
        raise TooLittleError(
            f"The disk of {folder} has room for {free // _MEGABYTE} MB; grading needs "
            f"{least // _MEGABYTE} there: make room, or set TMPDIR to another folder."
        )


def _raise_to(kind: int, least: int) -> None:
    """Raise a soft limit to ``least``, or as far as the hard one lets it."""
    soft, hard = resource.getrlimit(kind)
    wanted = least if hard == resource.RLIM_INFINITY else min(least, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(kind, (wanted, hard))


def _limit(kind: int) -> int:
    soft, _ = resource.getrlimit(kind)
    return _ENDLESS if soft == resource.RLIM_INFINITY else soft
