"""A folder of its own for a process that runs student code: empty at first, gone at its end.

Logs, checkpoints and what libraries keep for themselves go there. How much it may hold is measured
from outside (see `limits.is_overfull`).
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

from grader.protocol.folders import opened_folder, remove


class Folders:
    """Empty folders to hand out, each to one process at a time.

    Most processes write nothing, and to remove a folder takes some disks longer than to start a
    process. So one that still is as it was made, down to its times, is handed out again.
    """

    def __init__(self) -> None:
        self._spare: list[str] = []
        self._as_made: dict[str, tuple[int, ...]] = {}

    def take(self, parent: str) -> str:
        """Return an empty folder in ``parent``, which nobody but this process's user may enter.

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
            if _look(folder) == self._as_made[folder]:
                with opened_folder(folder) as opened:
                    is_empty = not os.listdir(opened)
                if is_empty:
                    self._spare.append(folder)
                    return
        del self._as_made[folder]
        remove(folder)


def _look(folder: str) -> tuple[int, ...]:
    """Return what tells whether someone put something into a folder, or looked into it."""
    stat = os.stat(folder, follow_symlinks=False)
    return stat.st_mtime_ns, stat.st_atime_ns, stat.st_nlink, stat.st_size, stat.st_mode


def settle(folder: str) -> str:
    """Have this process work in a folder, and look there for its home and for temporary files.

    It is the root where nothing else of the disk is to be seen. Return the folder.
    """
    folder = folder if os.path.isdir(folder) else "/"
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder)
    tempfile.tempdir = folder
    return folder
