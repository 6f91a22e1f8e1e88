"""Privileges that a process gives up for good."""

from __future__ import annotations

import ctypes
import os
import struct
from contextlib import suppress

from grader.protocol import libc

_CAPABILITIES_V3 = 0x20080522
_READ_ANY_FILE = 1 << 2  # CAP_DAC_READ_SEARCH
_KILL_ANYBODY = 1 << 5  # CAP_KILL


def become_nobody(own_folders: tuple[str, ...] = ()) -> bool:
    """Become, as root, a user that nobody else is; return False where that fails.

    The user owns ``own_folders``.

    A user of its own is what bounds the number of threads, which no limit does for root. The right
    to read files stays, because Python may lie in root's home; what may be read is said elsewhere,
    and `drop` takes it where nothing says so.
    """
    # Who can't end such a process must not start one.
    if os.geteuid() != 0 or not _permitted() & _KILL_ANYBODY:
        return False
    pid = os.getpid()
    for user in (1 << 30 | pid, 30000 + pid % 30000):
        # The second is for containers that map few users.
        with suppress(OSError):
            for folder in own_folders:
                os.chown(folder, user, user)
            libc.prctl(libc.PR_SET_KEEPCAPS, 1)
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            return True
    return False


def drop(keep_reading: bool) -> None:
    """Give up all capabilities (but the one to read files) and never gain any.

    Raises:
        OSError: the kernel refuses.
    """
    held = _permitted() & (_READ_ANY_FILE if keep_reading else 0)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_V3, 0), 8)
    # Effective, permitted, inheritable: the lower 32 capabilities, then the upper.
    libc.call("capset", header, struct.pack("=6I", held, held, 0, 0, 0, 0))
    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)


def _permitted() -> int:
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_V3, 0), 8)
    data = ctypes.create_string_buffer(24)
    libc.call("capget", header, data)
    return struct.unpack("=6I", data.raw)[1]
