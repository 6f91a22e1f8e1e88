"""Members of an archive, read from its start to its end without writing anything.

Zips and tars, these also packed by gzip, bzip2 or xz, and single files that are packed so. What an
archive is, its content tells. Other kinds need programs that Python doesn't bring.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal

from grader.course.zip_names import decoder, zip_names

MAX_STREAM_BYTES = 500_000_000
"""A tar has no table of contents, so all of it is unpacked on the way to what is wanted."""
MAX_RATIO = 250
"""Text packs 250 times smaller only if it repeats itself without end."""
RATIO_FROM_BYTES = 5_000_000

DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, struct.error),
)
"""What Python's libraries raise for archives that aren't as they should be."""

_UNREADABLE = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x28\xb5\x2f\xfd", "zst"),
)
_PACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
"""What opens the file that starts so."""


class ArchiveError(Exception):
    """An archive can't be read, or not to its end; says why, as part of a sentence."""


MemberKind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True)
class Member:
    """One entry of an archive.

    Attributes:
        name: as its maker wrote it, with slashes; not to be trusted.
        kind: what it is.
        modified: seconds since the epoch; 0 where it isn't known.
        packed: the bytes that it takes in the archive; None where that isn't known.
        is_locked: whether a password is needed.
        open: opens its bytes; to be used before the next member is asked for.
        same_as: the name of the earlier member whose bytes a hard link has; "" for all others.
    """

    name: str
    kind: MemberKind
    modified: float
    packed: int | None
    is_locked: bool
    open: Callable[[], IO[bytes]]
    same_as: str = ""


def is_archive(path: Path) -> bool:
    """Return whether the file is an archive that `members` can read."""
    return _is_stream(_head(path)) or zipfile.is_zipfile(path)


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(512)


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _is_stream(head: bytes) -> bool:
    return _is_tar(head) or head.startswith(tuple(_PACKED))


def members(path: Path, name: str, most: int) -> Iterator[Member]:
    """Yield the members of an archive in its own order.

    Args:
        path: the archive.
        name: how it was called; a packed file without a name of its own gets this one.
        most: how many members it may have.

    Raises:
        ArchiveError: it can't be read, at once or on the way.
        OSError: the file can't be read.
    """
    head = _head(path)
    kind = next((kind for mark, kind in _UNREADABLE if head.startswith(mark)), None)
    if kind is not None:
        raise ArchiveError(f"{kind} archives aren't read: unpack it in its place, or ask for a zip")
    try:
        yield from _in_stream(path, name, head, most) if _is_stream(head) else _in_zip(path, most)
    except DAMAGED as error:
        raise ArchiveError(f"it is damaged or no archive: {error}") from error


def _in_zip(path: Path, most: int) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > most:
            raise ArchiveError("it holds too many files")
        for info, name in zip(infos, zip_names(infos), strict=True):
            kind: MemberKind = "folder" if name.endswith("/") else "file"
            if stat.S_ISLNK(info.external_attr >> 16):
                kind = "link"
            is_locked, open_ = bool(info.flag_bits & 1), partial(archive.open, info)
            yield Member(name, kind, _time(info), info.compress_size, is_locked, open_)


def _in_stream(path: Path, name: str, head: bytes, most: int) -> Iterator[Member]:
    """Yield what is in a tar, or the one file that was packed."""
    size = path.stat().st_size
    open_ = next((unpack for mark, unpack in _PACKED.items() if head.startswith(mark)), open)
    with open_(path, "rb") as source:
        stream = io.BufferedReader(_Capped(source, size))
        if _is_tar(stream.peek(512)):
            yield from _in_tar(stream, most)
        else:
            unpacked_name = name[: name.rfind(".")] if "." in name else name
            yield Member(unpacked_name, "file", 0.0, None, False, lambda: stream)


def _in_tar(stream: IO[bytes], most: int) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8") as archive:
        for number, info in enumerate(archive):
            if number >= most:
                raise ArchiveError("it holds too many files")
            archive.members.clear()  # type: ignore[attr-defined]  # else it remembers all
            kind: MemberKind = "other"
            if info.isreg():
                kind = "file"
            elif info.isdir():
                kind = "folder"
            elif info.issym() or info.islnk():
                kind = "link"
            # It opens links as what they lead to, and returns None for folders and devices.
            open_: Callable[[], Any] = partial(archive.extractfile, info)
            same_as = _tar_name(info.linkname) if info.islnk() else ""
            name, modified = _tar_name(info.name), float(info.mtime)
            yield Member(name, kind, modified, None, False, open_, same_as)


def _tar_name(name: str) -> str:
    """Return a name in a tar with slashes between its parts, in whatever encoding it was stored."""
    raw = name.encode("utf-8", "surrogateescape")
    return decoder([raw])(raw).replace("\\", "/")


class _Capped(io.RawIOBase):
    """A stream that ends in an error where it holds more than it may."""

    def __init__(self, source: IO[bytes], packed: int) -> None:
        self._source, self._packed, self._size = source, max(packed, 1), 0

    def readable(self) -> bool:
        """Say that it can be read, as `io.RawIOBase` has it."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read as `io.RawIOBase` has it.

        Raises:
            ArchiveError: there are too many bytes, or they can't be unpacked.
        """
        view = memoryview(buffer)
        try:
            data = self._source.read(min(len(view), 1 << 20))
        except OSError as error:
            if error.errno is None:  # the libraries' word for content that can't be unpacked
                raise ArchiveError(f"it is damaged: {error}") from error
            raise
        self._size += len(data)
        if self._size > MAX_STREAM_BYTES:
            raise ArchiveError(f"it unpacks to more than {MAX_STREAM_BYTES // 1_000_000} MB")
        if self._size > RATIO_FROM_BYTES and self._size > MAX_RATIO * self._packed:
            raise ArchiveError("it unpacks to far more than its size, as a bomb does")
        view[: len(data)] = data
        return len(data)


def _time(info: zipfile.ZipInfo) -> float:
    with suppress(ValueError, OverflowError, OSError):
        return datetime(*info.date_time).timestamp()
    return 0.0
