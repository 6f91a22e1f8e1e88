"""Put another text in a file's place, unless somebody else has written it meanwhile."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from grader.whole_file import PART, write_synced

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_UNKNOWN_HERE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def replace_if_same(path: Path, before: bytes, content: bytes) -> bool:
    """Replace a file whole, if it is still as it was; return whether that was done.

    An editor takes no lock. So on Linux the new file and the old change places in one step, and
    what came out is looked at: if it is something newer, they change places again. Elsewhere a
    moment between looking and replacing is left.

    Args:
        path: the file.
        before: what it has held; empty where there was none.
        content: what it is to hold.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}{PART}")
    try:
        write_synced(part, content)
        if not path.exists():
            return not before and _link(part, path)
        if path.read_bytes() != before:
            return False
        if not _exchange(part, path):
            os.replace(part, path)
            return True
        if part.read_bytes() == before:
            return True
        _exchange(part, path)
        if part.read_bytes() != content:  # a third version, newer than both
            _exchange(part, path)
        return False
    finally:
        with suppress(OSError):
            part.unlink()


def _link(part: Path, path: Path) -> bool:
    """Give a file a name that nothing has yet; return whether that was so."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:  # no links on this disk
        os.replace(part, path)
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Let two files change places; return False where this system can't."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # an old library of C
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNKNOWN_HERE:
        return False
    raise OSError(code, os.strerror(code), str(other))
