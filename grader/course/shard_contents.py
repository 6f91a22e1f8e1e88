"""Parts of a SQLite store: one for each shard of a grading, and how they become one file.

course.sqlite            what was kept when the shards began
course-3-of-64.sqlite    what the third of them has kept since
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePath

from grader.course.contents import UnusableContentsError
from grader.course.history import FOLDER, UNFINISHED
from grader.course.sqlite_contents import NAME, PARTS, SqliteContents, opened
from grader.course.writing import StoreError


@dataclass(frozen=True)
class ShardContents:
    """What a shard sees: it writes to its own part, and reads what others kept before, too.

    Attributes:
        own: its part.
        before: the file that all shards read, which none writes.
    """

    own: SqliteContents
    before: SqliteContents

    @property
    def folder(self) -> Path:
        """The folder of the results."""
        return self.own.folder

    @property
    def keeps_all(self) -> bool:
        """As of its part."""
        return self.own.keeps_all

    @property
    def watched(self) -> Path:
        """The file of the part."""
        return self.own.watched

    def _of(self, path: PurePath) -> SqliteContents:
        return self.own if self.own.exists(path) else self.before

    def read(self, path: PurePath, most: int | None = None) -> bytes:
        """Return the content at a path; raises what a single file does."""
        return self._of(path).read(path, most)

    def write(self, path: PurePath, content: bytes) -> None:
        """Write the content at a path into the part.

        Raises:
            StoreError: it can't be written.
        """
        self.own.write(path, content)

    def exists(self, path: PurePath) -> bool:
        """Return whether there is a content at a path, in the part or before it."""
        return self._of(path).exists(path)

    def names(self, folder: PurePath) -> list[str]:
        """Return the names of what lies directly in a folder, sorted."""
        return sorted({*self.own.names(folder), *self.before.names(folder)})

    def folders(self, folder: PurePath) -> list[str]:
        """Return the names of the folders that lie directly in a folder, sorted."""
        return sorted({*self.own.folders(folder), *self.before.folders(folder)})

    def rename_folder(self, folder: PurePath, other: PurePath) -> None:
        """Refuse it: only who merges the parts ends a grading.

        Raises:
            StoreError: always.
        """
        raise StoreError(f"{self.place(folder)} can't be renamed by a part of a grading.")

    def stamp(self, path: PurePath) -> object:
        """Return what differs where the content at a path does."""
        return self._of(path).stamp(path)

    def place(self, path: PurePath) -> str:
        """Return where the content of a path is, for a person."""
        return self._of(path).place(path)

    def flush(self) -> None:
        """Keep for good all that was written.

        Raises:
            StoreError: something can't be written.
        """
        self.own.flush()

    def close(self) -> None:
        """Keep all that was written for good, and take nothing more.

        Raises:
            StoreError: as for `flush`.
        """
        self.before.close()
        self.own.close()


def shard_contents(folder: Path, label: str) -> ShardContents:
    """Return what a shard of a grading sees, which makes its part if it isn't there.

    Args:
        folder: of the results, under the shard's lock.
        label: of the shard, such as ``3-of-64``.

    Raises:
        StoreError: the part can't be made.
    """
    own = SqliteContents(folder / PARTS.replace("*-of-*", label))
    own.begin()
    return ShardContents(own, SqliteContents(folder / NAME))


def merge_parts(folder: Path) -> None:
    """Move what shards kept into the one file; called under the folder's lock, with no shard left.

    A part goes only when all of it is in the file for good, so that after a kill the next call goes
    on. The gradings that shards began, each in its part, become one in the history.

    Raises:
        StoreError: a file can't be written, or a part of it be read; names the part.
        UnusableContentsError: a part can't be read at all.
    """
    # The newest comes last: it may have what an older division into parts has, too.
    parts = sorted(folder.glob(PARTS), key=lambda part: (part.stat().st_mtime_ns, part))
    if not parts:
        return
    begun = set(_unfinished(folder / NAME))
    begun = begun or {it for part in parts for it in _of_part(part, folder)}
    for part in parts:
        try:
            with closing(opened(folder / NAME, is_made=True)) as connection:
                _take_in(connection, part, min(begun, default=""))
            part.unlink()
        except (sqlite3.Error, OSError) as error:
            raise _unmergeable(part, folder, error) from error


def _of_part(part: Path, folder: Path) -> list[str]:
    """Return the names of a part's gradings that didn't come to their end.

    Raises:
        StoreError: the part can't be read.
    """
    try:
        return _unfinished(part)
    except UnusableContentsError as error:
        raise _unmergeable(part, folder, "it is damaged") from error


def _unmergeable(part: Path, folder: Path, why: object) -> StoreError:
    return StoreError(
        f"{part} can't be merged into {folder / NAME}: {why}. If it is damaged, move it away: what "
        "is in it alone is graded again."
    )


def _unfinished(file: Path) -> list[str]:
    """Return the names of the gradings in a file that didn't come to their end."""
    contents = SqliteContents(file)
    try:
        return [it for it in contents.folders(PurePath(FOLDER)) if it.endswith(UNFINISHED)]
    finally:
        contents.close()


def _take_in(connection: sqlite3.Connection, part: Path, grading: str) -> None:
    """Copy all of a part in one transaction; its unfinished grading becomes that of this name.

    Nothing in the history is replaced: the first tells what was before.
    """
    of_history = f"path >= '{FOLDER}/' AND path < '{FOLDER}0'"
    others = f"SELECT path, content FROM part.contents WHERE NOT ({of_history})"
    # history/2026-12-02T09-30-00Z-unfinished/...: the name ends at the second slash.
    behind = f"substr(path, {len(FOLDER) + 2})"
    name = f"substr({behind}, 1, instr({behind}, '/') - 1)"
    rest = f"substr({behind}, instr({behind}, '/'))"
    moved = f"CASE WHEN {name} LIKE '%{UNFINISHED}' THEN ? ELSE {name} END"
    history = (
        f"SELECT '{FOLDER}/' || {moved} || {rest}, content FROM part.contents WHERE {of_history}"
    )
    table = "(path TEXT PRIMARY KEY, content BLOB NOT NULL)"
    connection.execute("ATTACH ? AS part", (str(part),))
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for schema in ("main", "part"):  # a part whose shard was killed at once has no table
            connection.execute(f"CREATE TABLE IF NOT EXISTS {schema}.contents {table}")
        connection.execute(f"INSERT OR REPLACE INTO main.contents {others}")
        connection.execute(f"INSERT OR IGNORE INTO main.contents {history}", (grading,))
    connection.execute("DETACH part")
