"""Contents in one SQLite file, compressed: for courses whose files would be too many.

One process writes at a time, under the folder's lock, and any may read meanwhile. The file keeps a
rollback journal and no write-ahead log, which needs memory that processes share: so it may lie on a
network's file system. What is written waits for a moment, and many come into the file at once, in
their order: whatever was written before something that is there, is there too.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
import zlib
from hashlib import blake2b
from pathlib import Path, PurePath
from threading import RLock
from typing import Any
from urllib.parse import quote

from grader.course.contents import UnusableContentsError
from grader.course.writing import StoreError

NAME = "course.sqlite"
"""What the file is called in a folder of results."""
PARTS = "course-*-of-*.sqlite"
"""Files beside it, which shards of a grading write."""
_TABLE = "CREATE TABLE IF NOT EXISTS contents (path TEXT PRIMARY KEY, content BLOB NOT NULL)"
_LEVEL = 3
"""Of compression: a higher one takes twice the time, and saves a tenth."""
_MOST_WAITING = 100
_MOST_BYTES_WAITING = 16_000_000
_LONGEST_WAIT = 0.05
"""Seconds after which the next content that is written takes those along that wait."""
_PATIENCE = 60.0
"""Seconds to wait for another process's lock on the file."""


class SqliteContents:
    """A file of contents; it is made when the first one is written."""

    def __init__(self, file: Path) -> None:
        """Take the path of the file, which lies in the folder of the results."""
        self.file = file
        self._waiting: dict[str, bytes] = {}
        self._bytes_waiting = 0
        self._since = 0.0
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False
        self._lock = RLock()  # of all that is below: submissions are graded in threads

    @property
    def folder(self) -> Path:
        """The folder of the results."""
        return self.file.parent

    @property
    def keeps_all(self) -> bool:
        """That pages and executed notebooks are kept where there is something to look at."""
        return False

    @property
    def watched(self) -> Path:
        """The file, which changes with every content."""
        return self.file

    def begin(self) -> None:
        """Make the file if there is none.

        Raises:
            StoreError: it can't be made.
        """
        with self._lock:
            try:
                self._writable()
            except sqlite3.Error as error:
                raise self._unwritable(error) from error

    def read(self, path: PurePath, most: int | None = None) -> bytes:
        """Return the content at a path, or no more than so many bytes of it.

        Raises:
            OSError: it can't be read; `FileNotFoundError` if there is none.
            UnusableContentsError: the file can't be read.
        """
        packed = self._packed(path)
        if packed is None:
            raise FileNotFoundError(errno.ENOENT, "there is none", self.place(path))
        unpacking = zlib.decompressobj()
        try:
            content = unpacking.decompress(packed, most or 0)
        except (zlib.error, TypeError):  # also a text, which nothing of ours is
            content = None
        if content is None or not (unpacking.eof or most):
            raise OSError(errno.EIO, "it is damaged", self.place(path))
        return content

    def write(self, path: PurePath, content: bytes) -> None:
        """Write the content at a path; it waits until `flush`, or until enough wait.

        Raises:
            StoreError: the file can't be written, or is closed.
        """
        packed = zlib.compress(content, _LEVEL)  # in the thread of the submission
        with self._lock:
            if self._is_closed:
                raise StoreError(f"{self.file} is not written any more: the grading is over.")
            now = time.monotonic()
            if not self._waiting:
                self._since = now
            self._waiting[path.as_posix()] = packed
            self._bytes_waiting += len(packed)
            is_late = now - self._since > _LONGEST_WAIT
            is_much = self._bytes_waiting > _MOST_BYTES_WAITING
            if is_late or is_much or len(self._waiting) >= _MOST_WAITING:
                self.flush()

    def exists(self, path: PurePath) -> bool:
        """Return whether there is a content at a path.

        Raises:
            UnusableContentsError: the file can't be read.
        """
        key = path.as_posix()
        with self._lock:
            if key in self._waiting:
                return True
            return bool(self._found("SELECT 1 FROM contents WHERE path = ?", key))

    def names(self, folder: PurePath) -> list[str]:
        """Return the names of what lies directly in a folder, sorted.

        Raises:
            UnusableContentsError: the file can't be read.
        """
        start, end = _bounds(folder)
        with self._lock:
            rows = self._found("SELECT path FROM contents WHERE path >= ? AND path < ?", start, end)
            keys = {key for (key,) in rows} | {key for key in self._waiting if start <= key < end}
        names = (key[len(start) :] for key in keys)
        return sorted(name for name in names if "/" not in name)

    def folders(self, folder: PurePath) -> list[str]:
        """Return the names of the folders that lie directly in a folder, sorted.

        Raises:
            UnusableContentsError: the file can't be read.
        """
        start, end = _bounds(folder)
        first = "SELECT path FROM contents WHERE path >= ? AND path < ? ORDER BY path LIMIT 1"
        with self._lock:
            found = {_folder_in(key, start) for key in self._waiting if start <= key < end}
            at = start
            while rows := self._found(first, at, end):
                name = _folder_in(rows[0][0], start)
                found.add(name)
                # On behind the folder, however much is in it.
                at = f"{start}{name}0" if name else f"{rows[0][0]}\0"
        return sorted(name for name in found if name)

    def rename_folder(self, folder: PurePath, other: PurePath) -> None:
        """Give a folder another name, with all that is in it, at once and for good.

        Raises:
            StoreError: it can't be renamed, or the other is there.
            UnusableContentsError: the file can't be read.
        """
        (start, end), (to, to_end) = _bounds(folder), _bounds(other)
        there = "SELECT 1 FROM contents WHERE path >= ? AND path < ? LIMIT 1"
        rename = "UPDATE contents SET path = ? || substr(path, ?) WHERE path >= ? AND path < ?"
        with self._lock:
            self.flush()
            if not self._found(there, start, end) or self._found(there, to, to_end):
                raise StoreError(f"{self.place(folder)} can't be renamed.")
            try:
                with self._writable() as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute(rename, (to, len(start) + 1, start, end))
            except sqlite3.Error as error:
                raise self._unwritable(error) from error

    def stamp(self, path: PurePath) -> object:
        """Return a digest of the content as it is kept; None if there is none."""
        packed = self._packed(path)
        return None if packed is None else blake2b(packed, digest_size=16).digest()

    def place(self, path: PurePath) -> str:
        """Return the path within the file."""
        return f"{path.as_posix()} in {self.file}"

    def flush(self) -> None:
        """Write into the file all that waits, in one transaction.

        Raises:
            StoreError: it can't be written; all that waited is lost.
        """
        with self._lock:
            rows, self._waiting, self._bytes_waiting = [*self._waiting.items()], {}, 0
            if not rows:
                return
            try:
                with self._writable() as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?)", rows)
            except sqlite3.Error as error:
                raise self._unwritable(error) from error

    def close(self) -> None:
        """Write all that waits, and take nothing more.

        Raises:
            StoreError: as for `flush`.
        """
        with self._lock:
            self._is_closed = True
            try:
                self.flush()
            finally:
                if self._connection is not None:
                    self._connection.close()
                self._connection = None

    def _packed(self, path: PurePath) -> bytes | None:
        key = path.as_posix()
        with self._lock:
            if key in self._waiting:
                return self._waiting[key]
            rows = self._found("SELECT content FROM contents WHERE path = ?", key)
        return rows[0][0] if rows else None

    def _found(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows at once, so that no lock stays on the file.

        Raises:
            UnusableContentsError: the file can't be read.
        """
        try:
            if self._connection is None:
                if not self.file.is_file():
                    return []
                self._connection = opened(self.file)
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if str(error).startswith("no such table"):  # who began it was killed
                return []
            raise UnusableContentsError(
                f"{self.file} can't be read: {self._advice(error)}"
            ) from error

    def _writable(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = opened(self.file, is_made=True)
        self._connection.execute(_TABLE)
        return self._connection

    def _unwritable(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"{self.file} can't be written: {self._advice(error)}")

    def _advice(self, error: sqlite3.Error) -> str:
        """Return what is wrong with the file, and what to do."""
        if self.file.exists() and not os.access(self.file, os.R_OK | os.W_OK):
            return "its permissions don't allow it. Change them; nothing in it is lost."
        if isinstance(error, sqlite3.OperationalError):  # of the machine, not of the file
            return (
                f"{error}. What was graded before is kept; run the same command again when that is "
                "mended."
            )
        return f"{error}. Bring it back from a backup, or move it away and grade the course again."


def opened(file: Path, is_made: bool = False) -> sqlite3.Connection:
    """Open a file of contents, whose transactions begin and end where that is said.

    It may be written even by who only reads: what a killed writer left half-done is taken back.

    Args:
        file: its path.
        is_made: whether it is made where it isn't there.

    Raises:
        sqlite3.Error: it can't be opened.
    """
    address = f"file:{quote(str(file.absolute()))}?mode={'rwc' if is_made else 'rw'}"
    connection = sqlite3.connect(
        address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")  # a power cut takes back no commit
    return connection


def _bounds(folder: PurePath) -> tuple[str, str]:
    """Return the least key that may be in a folder, and the least behind all that may be."""
    name = folder.as_posix()
    return (f"{name}/", f"{name}0") if name != "." else ("", chr(0x10FFFF))


def _folder_in(key: str, start: str) -> str:
    """Return the first folder in a key behind its start; "" if a file is there."""
    name, slash, _ = key[len(start) :].partition("/")
    return name if slash else ""
