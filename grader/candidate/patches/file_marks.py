"""Lets code that marks and links files go on, where a confined process may do neither.

Times aren't set, since that could be done to a file of others, too. Modes and extended attributes
are passed over where system calls are filtered (`grader.candidate.confinement.seccomp`).
"""

from __future__ import annotations

import errno
import os
import shutil
from functools import partial
from typing import Any


def pass_over() -> None:
    """Have times stay as they are, and put a file itself where a symbolic link to it would be."""
    os.utime = _leave_times
    os.symlink = _put
    os.truncate = _truncate
    # As a user of its own a process passes through folders that its real user mayn't.
    if os.access in os.supports_effective_ids:
        os.access = partial(os.access, effective_ids=True)


def _leave_times(path: Any, *args: Any, **kwargs: Any) -> None:
    """Do nothing but look: `Path.touch` finds out in this way whether there is a file."""
    os.stat(path)


def _put(src: Any, dst: Any, *args: Any, **kwargs: Any) -> None:
    """Put a file in the place of a link to it, and of a folder a copy; of what isn't there nothing.

    Whoever opens the link then is told what is missing.
    """
    target = os.path.join(os.path.dirname(os.fspath(dst)), os.fspath(src))
    if os.path.lexists(dst):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), dst)
    if os.path.isdir(target):
        shutil.copytree(target, dst)
    elif os.path.exists(target):
        os.link(target, dst)


def _truncate(path: Any, length: int) -> None:
    """Truncate by a descriptor: by a path it reaches files of others where Landlock is old."""
    if isinstance(path, int):
        os.ftruncate(path, length)
        return
    with open(path, "r+b") as file:
        file.truncate(length)
