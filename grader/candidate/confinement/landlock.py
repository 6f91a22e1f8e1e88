"""Landlock: which files this process may reach, from here to its end.

See landlock(7). The kernel's interface is three system calls; the binding on PyPI stops at its
fifth version and so can't keep a process from signalling others or from abstract sockets.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

from grader.protocol import libc

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_MAKE_SOCK, _REFER, _TRUNCATE, _IOCTL = 1 << 9, 1 << 13, 1 << 14, 1 << 15
# No symbolic links: the examiner, who connects to a kernel's sockets, must not be led elsewhere.
_OWN_FOLDER = (_WRITE_FILE | _READ_FILE | _READ_DIR | _TRUNCATE) | (
    _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SOCK | _REFER
)
_FOR_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL


@cache
def version() -> int:
    """Return the kernel's version of Landlock; 0 where there is none, or a container forbids it."""
    try:
        return libc.call("syscall", _CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def restrict(
    readable: Iterable[str],
    listable: Iterable[str] = (),
    writable: Iterable[str] = (),
    devices: Iterable[str] = (),
) -> None:
    """Forbid everything about files but what is named; paths that don't exist are left out.

    ``readable`` are files, and folders with all that lies in them; of ``listable`` folders only the
    names in them are told; in ``writable`` folders everything may be done; ``devices`` may be read,
    written and commanded. Needs ``no_new_privs``.

    Raises:
        OSError: the kernel refuses.
    """
    known = version()
    if not known:
        raise OSError(errno.ENOSYS, "the kernel has no Landlock")
    handled = (1 << 13) - 1
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL)):
        handled |= right if known >= since else 0
    # From the fourth version on: no TCP; from the sixth: no abstract sockets or signals outside.
    fields = [handled, 3, 3][: 1 if known < 4 else 2 if known < 6 else 3]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = libc.call("syscall", _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        groups = (
            (readable, _READ_FILE | _READ_DIR),
            (listable, _READ_DIR),
            (writable, _OWN_FOLDER),
            (devices, _READ_FILE | _WRITE_FILE | _IOCTL),
        )
        for paths, rights in groups:
            for path in paths:
                _allow(rules, path, rights & handled)
        libc.call("syscall", _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(beneath).st_mode):
                rights &= _FOR_FILES
            rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, beneath), 12)
            libc.call("syscall", _ADD_RULE, rules, _PATH_BENEATH, rule, 0)
        finally:
            os.close(beneath)
