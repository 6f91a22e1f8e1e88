"""Locks on open files, which the system lifts when their process ends."""

from __future__ import annotations

import sys
from typing import IO


def lock(file: IO[bytes], is_shared: bool = False, wait: bool = False) -> bool:
    """Take the lock of an open file; return whether that was possible.

    Args:
        file: open for reading and writing.
        is_shared: whether others may share the lock; Windows knows no such locks, and none is
            taken there.
        wait: whether to wait for it.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            if not is_shared:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
            fcntl.flock(file.fileno(), kind if wait else kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
