"""Where Landlock is missing: a view of the disk that holds only what may be read.

A mount namespace of this process's own, made with the help of a user namespace where it isn't
root's, in which the root is an empty file system with read-only bind mounts; see
mount_namespaces(7) and user_namespaces(7). In a container that lets root do no more than change its
root, an empty one is taken, and what code needs must have been imported before.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from grader.protocol import libc

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_READ_ONLY, _NO_SETUID, _NO_DEVICES = 1, 2, 4
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 32, 4096, 16384, 1 << 18
_DETACH = 2
# What statvfs calls a mount's flags has the same numbers up to here; a remount must keep them.
_KEPT = 0xF | 1024 | 2048


def enter(
    place: str,
    readable: Sequence[str],
    writable: Sequence[str] = (),
    devices: Sequence[str] = (),
) -> str:
    """Make this process see nothing but what is named; return how that was done, in words.

    ``place`` is an empty folder to build the view in. The process must have one thread.

    Raises:
        OSError: the kernel or a container forbids every way.
    """
    try:
        _own_mounts()
    except OSError:
        # Nothing is left open through which the old root could be reached.
        os.chroot(place)
        os.chdir("/")
        return "an empty root"
    libc.call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    libc.call("mount", b"none", place.encode(), b"tmpfs", _NO_SETUID | _NO_DEVICES, b"size=1m")
    for path in dict.fromkeys((*readable, *writable, *devices)):
        _bind(place, path, path not in writable and path not in devices)
    flags = _REMOUNT | _BIND | _READ_ONLY | _NO_SETUID | _NO_DEVICES
    libc.call("mount", b"none", place.encode(), None, flags, None)
    # The new root is put upon the old one, which is then taken away from beneath.
    os.chdir(place)
    libc.call("pivot_root", b".", b".")
    libc.call("umount2", b".", _DETACH)
    os.chdir("/")
    return "mount namespace"


def _own_mounts() -> None:
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        with suppress(OSError):
            libc.call("unshare", _NEW_MOUNTS)
            return
    libc.call("unshare", _NEW_USER | _NEW_MOUNTS)
    for name, text in (
        ("setgroups", b"deny"),
        ("uid_map", b"%d %d 1" % (user, user)),
        ("gid_map", b"%d %d 1" % (group, group)),
    ):
        # Bytes, because here Python may not be able to import what encodes text.
        Path(f"/proc/self/{name}").write_bytes(text)


def _bind(place: str, path: str, read_only: bool) -> None:
    """Show a file or folder at its own path inside the view; nothing if it doesn't exist."""
    target = place + path
    if not os.path.exists(path):
        return
    try:
        if os.path.isdir(path):
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if not os.path.exists(target):
                os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    except OSError as error:
        # It lies in something that is shown already.
        if error.errno in (errno.EROFS, errno.EEXIST):
            return
        raise
    # The view itself may lie in a folder of its own user's, and must not be shown in itself.
    how = _BIND | _RECURSIVE if read_only else _BIND
    libc.call("mount", path.encode(), target.encode(), None, how, None)
    if read_only:
        flags = (os.statvfs(target).f_flag & _KEPT) | _REMOUNT | _BIND | _READ_ONLY
        libc.call("mount", b"none", target.encode(), None, flags, None)
