"""Contents as files: one for each path, in the folder of the results."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePath

from grader.course.writing import StoreError, write_whole
from grader.whole_file import PART


@dataclass(frozen=True)
class FolderContents:
    """A folder whose files are contents; each is kept for good as soon as it is written."""

    folder: Path

    @property
    def keeps_all(self) -> bool:
        """That everybody's page and executed notebook are kept."""
        return True

    @property
    def watched(self) -> Path:
        """The folder of the results, which changes where one is written."""
        return self.folder / "results"

    def read(self, path: PurePath, most: int | None = None) -> bytes:
        """Return a file's content, or no more than so many bytes of it.

        Raises:
            OSError: it can't be read.
        """
        with open(self.folder / path, "rb") as file:
            return file.read(-1 if most is None else most)

    def write(self, path: PurePath, content: bytes) -> None:
        """Write a file whole or not at all.

        Raises:
            StoreError: it can't be written.
        """
        write_whole(self.folder / path, content)

    def exists(self, path: PurePath) -> bool:
        """Return whether there is such a file."""
        return (self.folder / path).is_file()

    def names(self, folder: PurePath) -> list[str]:
        """Return the names of a folder's files, sorted, without half-written ones."""
        return sorted(
            entry.name
            for entry in self._listed(folder)
            if entry.is_file() and not (entry.name.startswith(".") and entry.name.endswith(PART))
        )

    def folders(self, folder: PurePath) -> list[str]:
        """Return the names of the folders in a folder, sorted."""
        return sorted(entry.name for entry in self._listed(folder) if entry.is_dir())

    def _listed(self, folder: PurePath) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.folder / folder) as entries:
                return list(entries)
        except OSError:  # there is none yet
            return []

    def rename_folder(self, folder: PurePath, other: PurePath) -> None:
        """Rename a folder.

        Raises:
            StoreError: it can't be renamed.
        """
        try:
            (self.folder / folder).rename(self.folder / other)
        except OSError as error:
            raise StoreError(f"{self.place(folder)} can't be renamed: {error.strerror}.") from error

    def stamp(self, path: PurePath) -> object:
        """Return when a file was written, its size and its number."""
        try:
            stat = os.stat(self.folder / path)
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def place(self, path: PurePath) -> str:
        """Return the path of the file."""
        return str(self.folder / path)

    def flush(self) -> None:
        """Do nothing: every file is there already."""

    def close(self) -> None:
        """Do nothing: there is nothing to be closed."""
