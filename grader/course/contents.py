"""What a folder of results holds of its submissions, wherever that is: in files, or in one file.

A path is a file's place seen from the folder, such as ``results/Ada_12.json``; it is the same in
every kind of store.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Protocol

from grader.errors import UnusableError


class UnusableContentsError(UnusableError):
    """All that was kept can't be read; says why and what to do."""


class Contents(Protocol):
    """Keeps results, code, pages, executed notebooks and the history of a course."""

    @property
    def folder(self) -> Path:
        """The folder of the results."""

    @property
    def keeps_all(self) -> bool:
        """Whether everybody's page and executed notebook are kept."""

    @property
    def watched(self) -> Path:
        """A file or folder that changes where results do."""

    def read(self, path: PurePath, most: int | None = None) -> bytes:
        """Return the content at a path, or no more than so many bytes of it.

        Raises:
            OSError: it can't be read; `FileNotFoundError` if there is none.
            UnusableContentsError: nothing at all can be read.
        """

    def write(self, path: PurePath, content: bytes) -> None:
        """Write the content at a path, whole or not at all; it is kept for good after `flush`.

        What is kept for good includes all that was written before.

        Raises:
            StoreError: it can't be written.
        """

    def exists(self, path: PurePath) -> bool:
        """Return whether there is a content at a path."""

    def names(self, folder: PurePath) -> list[str]:
        """Return the names of what lies directly in a folder, sorted; none where there is none."""

    def folders(self, folder: PurePath) -> list[str]:
        """Return the names of the folders that lie directly in a folder, sorted."""

    def rename_folder(self, folder: PurePath, other: PurePath) -> None:
        """Give a folder another name, with all that is in it, at once and for good.

        Raises:
            StoreError: it can't be renamed, or the other is there.
        """

    def stamp(self, path: PurePath) -> object:
        """Return what differs where the content at a path does."""

    def place(self, path: PurePath) -> str:
        """Return where the content of a path is, for a person."""

    def flush(self) -> None:
        """Keep for good all that was written.

        Raises:
            StoreError: something can't be written; what was written since the last time is lost.
        """

    def close(self) -> None:
        """Keep all that was written for good, and take nothing more.

        Raises:
            StoreError: as for `flush`.
        """
