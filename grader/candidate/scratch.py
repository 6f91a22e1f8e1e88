"""A folder of its own for a process that runs student code: empty at first, gone at its end.

Logs, checkpoints and what libraries keep for themselves go there. How much it may hold is measured
from outside (see `limits.is_overfull`).
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress


class Folders:
    """Empty folders to hand out, each to one process at a time.

    Most processes write nothing, and to remove a folder takes some disks longer than to start a
    process. So one that still is as it was made, down to its times, is handed out again.
    """

    def __init__(self) -> None:
        self._spare: list[str] = []
        self._as_made: dict[str, tuple[int, ...]] = {}

    def take(self, parent: str) -> str:
        """An empty folder in ``parent``, which nobody but this process's user may enter.

        Raises:
            OSError: there is no room for it.
        """
        if self._spare:
            return self._spare.pop()
        folder = tempfile.mkdtemp(prefix="scratch-", dir=parent)
        self._as_made[folder] = _look(folder)
        return folder

    def give_back(self, folder: str) -> None:
        """Take a folder from a process that has ended."""
        with suppress(OSError):
            # Times come in ticks, so what was put there at once need not show in them.
            if _look(folder) == self._as_made[folder] and _is_empty(folder):
                self._spare.append(folder)
                return
        del self._as_made[folder]
        remove(folder)


def _look(folder: str) -> tuple[int, ...]:
    """What tells whether someone put something into a folder, or even looked into it."""
    stat = os.stat(folder, follow_symlinks=False)
    return stat.st_mtime_ns, stat.st_atime_ns, stat.st_nlink, stat.st_size, stat.st_mode


def _is_empty(folder: str) -> bool:
    opened = _open(folder)
    try:
        return not os.listdir(opened)
    finally:
        os.close(opened)


def settle(folder: str) -> str:
    """Have this process work in a folder, and look there for its home and for temporary files.

    It is the root where nothing else of the disk is to be seen. Return the folder.
    """
    folder = folder if os.path.isdir(folder) else "/"
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder)
    tempfile.tempdir = folder
    # Modes, times and attributes of files are refused, and copying a file must not fail of that.
    os.chmod = lambda *args, **kwargs: None
    os.utime = lambda path, *args, **kwargs: os.stat(path) and None
    if hasattr(os, "listxattr"):
        os.listxattr = lambda *args, **kwargs: []
    return folder


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


def _open(folder: str, above: int | None = None) -> int:
    """A descriptor of a folder, without leaving a trace in its times where that can be had."""
    how = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        return os.open(folder, how | getattr(os, "O_NOATIME", 0), dir_fd=above)
    except PermissionError:
        with suppress(OSError):  # of its owner's making, and so for him to undo
            os.chmod(folder, 0o700, dir_fd=above)
        return os.open(folder, how, dir_fd=above)


def _unlink_files(folder: int) -> list[str]:
    """Remove the files of a folder; the names of the folders in it."""
    with suppress(OSError), os.scandir(folder) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for name, is_folder in listed:
            if not is_folder:
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)
        return [name for name, is_folder in listed if is_folder]
    return []
