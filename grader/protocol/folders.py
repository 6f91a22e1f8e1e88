"""Emptying and removing folders that student code has written to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def remove(folder: str) -> None:
    """Remove a folder that nobody writes to any more, with all that is in it."""
    clear(folder)
    with suppress(OSError):
        os.rmdir(folder)


def clear(folder: str) -> None:
    """Empty a folder that nobody else writes to; what can't be removed stays.

    However deep the folders in it lie: each is entered from the one before, not by its path, which
    might be too long.
    """
    with suppress(OSError):
        here = _open(folder)
        try:
            way: list[tuple[str, list[str]]] = [("", _unlink_files(here))]
            while True:
                name, inner = way[-1]
                if inner:
                    entered = inner.pop()
                    with suppress(OSError):
                        inside = _open(entered, here)
                        way.append((entered, _unlink_files(inside)))
                        os.close(here)
                        here = inside
                    continue
                if not name:
                    break
                above = os.open("..", os.O_RDONLY, dir_fd=here)
                os.close(here)
                here = above
                way.pop()
                with suppress(OSError):
                    os.rmdir(name, dir_fd=here)
        finally:
            os.close(here)


@contextmanager
def opened_folder(folder: str) -> Iterator[int]:
    """Open a folder to look into, if possible without leaving a trace in its times."""
    opened = _open(folder)
    try:
        yield opened
    finally:
        os.close(opened)


def _open(folder: str, above: int | None = None) -> int:
    how = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(folder, how | getattr(os, "O_NOATIME", 0), dir_fd=above)
    except PermissionError:
        with suppress(OSError):  # of its owner's making, and so for him to undo
            os.chmod(folder, 0o700, dir_fd=above)
        return os.open(folder, how, dir_fd=above)


def _unlink_files(folder: int) -> list[str]:
    """Remove the files of a folder, and return the names of the folders in it."""
    with suppress(OSError), os.scandir(folder) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for name, is_folder in listed:
            if not is_folder:
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)
        return [name for name, is_folder in listed if is_folder]
    return []
