"""Which kind of store a folder of results has: files, or one SQLite file for a large course."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from grader.course.contents import Contents
from grader.course.folder_contents import FolderContents
from grader.course.shard import Shard
from grader.course.shard_contents import shard_contents
from grader.course.sqlite_contents import NAME, PARTS, SqliteContents
from grader.errors import UnusableError

FILES, SQLITE = "files", "sqlite"
KINDS = (FILES, SQLITE)
MOST_IN_FILES = 10_000
"""Submissions of a course that is kept in files where nothing else is asked for."""


class OtherKindError(UnusableError):
    """A folder has another kind of store than is asked for; says what to do."""


def kind_of(folder: Path) -> str | None:
    """Return the kind of store that a folder has; None if nothing was graded into it."""
    if (folder / NAME).exists():
        return SQLITE
    if _has_results(folder):
        return FILES
    return SQLITE if any(folder.glob(PARTS)) else None


def _has_results(folder: Path) -> bool:
    """Return whether there is a file of a result; the first one says it, of however many."""
    with suppress(OSError), os.scandir(folder / "results") as entries:
        return any(it.name.endswith(".json") and it.is_file() for it in entries)
    return False


def contents_of(folder: Path) -> Contents:
    """Return the contents of a folder of results, of whichever kind."""
    if kind_of(folder) == SQLITE:
        return SqliteContents(folder / NAME)
    return FolderContents(folder)


def require_kind(folder: Path, asked: str | None) -> None:
    """Refuse a kind of store that a folder can't have, since it has another.

    Raises:
        OtherKindError: it has.
    """
    kind = kind_of(folder)
    if asked and kind and kind != asked:
        raise OtherKindError(
            f"{folder} keeps its results as {kind}, not as {asked}: leave out --store, or choose "
            "another folder with --out."
        )


def settled_contents(
    folder: Path,
    asked: str | None,
    count: int,
    shard: Shard | None = None,
    most: int = MOST_IN_FILES,
) -> Contents:
    """Return the contents of a folder that is graded into, whose kind is settled by that.

    Args:
        folder: of the results, under its lock.
        asked: the kind that is asked for; None for whichever fits.
        count: how many submissions there are.
        shard: the part that is graded; None for all.
        most: how many are kept in files where nothing else is asked for.

    Raises:
        OtherKindError: the folder has another kind than is asked for.
        StoreError: the folder can't be written.
    """
    require_kind(folder, asked)
    kind = kind_of(folder) or asked or (SQLITE if count > most else FILES)
    if kind == FILES:
        return FolderContents(folder)
    if shard is not None:
        return shard_contents(folder, shard.label)
    contents = SqliteContents(folder / NAME)
    contents.begin()
    return contents
