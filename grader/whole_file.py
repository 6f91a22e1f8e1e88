"""Write a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path

PART = ".part"
"""What the names of half-written files end in; they start with a dot."""


def write_whole_file(
    path: Path, content: bytes | Iterable[bytes], is_private: bool = False
) -> None:
    """Write a file whole or not at all, and for good, with the permissions that the umask leaves.

    What is no file, such as a pipe or ``/dev/stdout``, is written to as it is. A private file may
    be read by its owner alone. The content may come in parts, none of which is held here.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with open(path, "wb") as file:
            file.writelines(_parts(content))
        return
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}{PART}")
    try:
        write_synced(part, content, is_private)
        os.replace(part, path)
        sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def write_synced(path: Path, content: bytes | Iterable[bytes], is_private: bool = False) -> None:
    """Write a new file, and force it to the disk.

    Raises:
        OSError: it can't be written, or is there already.
    """
    # Made by `open` and not by `tempfile`, whose files are nobody's but the owner's.
    with open(path, "xb", opener=_private if is_private else None) as file:
        file.writelines(_parts(content))
        file.flush()
        os.fsync(file.fileno())


def _parts(content: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return (content,) if isinstance(content, bytes) else content


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Force a rename to the disk, where folders can be opened."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
