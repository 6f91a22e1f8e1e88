"""Put the files of archives into a listing, without trusting the names in them.

What is unpacked gets a number for a name on the disk; the name that it had is kept beside it as
text. So no name in an archive can lead anywhere, collide with another, or be one that the disk
refuses. An archive that lies in a folder or in another archive is listed as a folder of its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from grader.course.archive_members import (
    DAMAGED,
    MAX_RATIO,
    RATIO_FROM_BYTES,
    ArchiveError,
    Member,
    members,
)
from grader.course.unsafe_names import why_unsafe, with_safe_parts
from grader.platforms import METADATA_FILES
from grader.platforms.download import CODE, File, Parts, is_archive_name, is_junk, suffix_of
from grader.platforms.names import shown
from grader.submission.kinds import Kind, kind_of
from grader.submission.load import MAX_BYTES

MAX_TOTAL_BYTES = 4_000_000_000
MAX_FILES = 200_000
MAX_DEPTH = 12
MAX_NESTED_BYTES = 200_000_000
MAX_ARCHIVES_DEEP = 3
"""How many archives may lie within each other: a platform's, a student's, and one in that."""

_NEVER_CODE = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".svg", ".heic"),
    *(".mp3", ".mp4", ".mov", ".avi", ".wav", ".pt", ".pth", ".ckpt", ".safetensors", ".npy"),
    *(".npz", ".pkl", ".h5", ".pyc", ".so", ".dll", ".exe", ".ttf", ".woff", ".css", ".js"),
)
"""Endings of which only the name is kept: there may be thousands of them."""
_ARCHIVES = (Kind.ZIP, Kind.ARCHIVE)
_WORTH_UNPACKING = (
    *(*_ARCHIVES, Kind.NOTEBOOK, Kind.SCRIPT, Kind.JSON, Kind.TEXT, Kind.MARKDOWN),
    Kind.CONFLICT,
)
_HEAD = 1 << 16


@dataclass
class Contents:
    """Files and notices so far, and what is left of the budget for unpacking.

    Attributes:
        folder: where unpacked files go.
        given: names of files that students receive.
    """

    folder: Path
    given: Collection[str] = ()
    left: int = field(default_factory=lambda: MAX_TOTAL_BYTES)
    files: dict[Parts, File] = field(default_factory=dict)
    traces: dict[Parts, None] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    unpacked: int = 0

    def is_full(self) -> bool:
        """Return whether there are as many files as there may be, and say so once."""
        is_full = len(self.files) >= MAX_FILES
        if is_full:
            rest = f"There are more than {MAX_FILES} files; the rest was left out."
            self.notices.append(rest)
        return is_full

    def next_path(self, suffix: str) -> Path:
        """Return where the next file goes: a folder of its own, where none lies beside it."""
        self.unpacked += 1
        folder = self.folder / f"{self.unpacked:06d}"
        folder.mkdir()
        return folder / f"file{suffix}"

    def put(self, parts: Parts, path: Path | None, kind: Kind | None, **more: Any) -> None:
        """Add a file of that name."""
        is_given = parts[-1] in self.given
        self.files[parts] = File(parts, path, kind, is_given=is_given, **more)

    def trace(self, parts: Parts, is_folder: bool = True) -> None:
        """Remember a name of which nothing is read."""
        name = (*parts, "") if is_folder else parts
        self.traces[name] = None

    def refuse(self, parts: Parts, problem: str, kind: Kind | None = None) -> None:
        """Keep a file's name, and say why its content isn't."""
        self.put(parts, None, kind, problem=problem)
        self.leave_out("/".join(parts), problem)

    def leave_out(self, name: str, problem: str) -> None:
        """Say why what has that name is left out."""
        self.notices.append(f"{shown(name)} {problem}; it was left out.")


def add_file(path: Path, parts: Parts, contents: Contents, deep: int) -> None:
    """Put a file on the disk into the contents, by its content; an archive with what is in it.

    Args:
        path: where it is.
        parts: its name.
        contents: the listing so far.
        deep: in how many archives it lies.
    """
    kind = None
    modified = 0.0
    with suppress(OSError):  # then whoever reads it says why it can't be read
        modified = path.stat().st_mtime
        if suffix_of(parts) not in (*CODE, *_NEVER_CODE):
            with open(path, "rb") as file:
                head = file.read(_HEAD)
                kind = kind_of(head)
                if kind is Kind.JSON and len(head) == _HEAD:
                    kind = kind_of(head + file.read(MAX_BYTES))
    if _is_to_be_opened(parts, kind):
        _open(path, parts, contents, deep, kind)
    else:
        contents.put(parts, path, kind, modified=modified)


def _is_to_be_opened(parts: Parts, kind: Kind | None) -> bool:
    if suffix_of(parts) in CODE or kind in (Kind.NOTEBOOK, Kind.SCRIPT):
        return False
    return kind in _ARCHIVES or is_archive_name(parts[-1])


def _open(path: Path, parts: Parts, contents: Contents, deep: int, kind: Kind | None) -> None:
    """Unpack an archive that a student handed in, as if it were a folder."""
    if deep >= MAX_ARCHIVES_DEEP:
        contents.refuse(parts, "lies in too many archives", kind)
        return
    # As long as nothing else is found in it, there is a trace of it.
    contents.trace(parts)
    before = len(contents.files)
    try:
        unpack(path, parts, contents, deep + 1)
    except (ArchiveError, PermissionError) as error:
        how = "opened" if len(contents.files) == before else "read to its end"
        contents.refuse(parts, f"can't be {how} ({error})", kind)


def unpack(path: Path, under: Parts, contents: Contents, deep: int) -> None:
    """Take what is in an archive.

    Raises:
        ArchiveError: it can't be read, or not to its end.
        OSError: it can't be read, or nothing can be written.
    """
    name = under[-1] if under else path.name
    most = max(0, MAX_FILES - len(contents.files) - len(contents.traces))
    unsafe: dict[str, bool] = {}
    try:
        for member in members(path, name, most):
            if why_unsafe(member.name):
                is_folder = member.kind == "folder"
                is_left = any(map(is_junk, {*member.name.split("/")} - {".", ".."}))
                unsafe[member.name.rstrip("/") + "/" * is_folder] = not is_folder and not is_left
            else:
                _list_member(member, under, contents, deep)
    finally:
        _list_unsafe(unsafe, under, contents)


def _list_member(member: Member, under: Parts, contents: Contents, deep: int) -> None:
    """Put one member of an archive into the contents."""
    name_parts = _parts(member.name)
    if name_parts:
        parts = (*under, *name_parts)
        member = _linked(member, under, contents) or member
        if len(name_parts) > MAX_DEPTH:
            contents.refuse(parts, "lies too deep")
        elif any(map(is_junk, parts[len(under) :])):
            contents.trace(parts, is_folder=False)
        elif member.kind == "folder":
            contents.trace(parts)
        elif member.kind == "link":
            contents.refuse(parts, "is a link")
        elif member.kind == "other":
            contents.refuse(parts, "is no ordinary file")
        else:
            if parts in contents.files:
                full_name = shown("/".join((*under, member.name)))
                contents.notices.append(
                    f"{full_name} is in the archive more than once; the last counts."
                )
            _take(member, parts, contents, deep)


def _parts(name: str) -> Parts:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _linked(member: Member, under: Parts, contents: Contents) -> Member | None:
    """Return a hard link as the file that it is, listed before; None if it is no such link."""
    target = contents.files.get((*under, *_parts(member.same_as)))
    path = target.path if member.same_as and target is not None else None
    return None if path is None else replace(member, kind="file", open=lambda: open(path, "rb"))


def _list_unsafe(unsafe: Mapping[str, bool], under: Parts, contents: Contents) -> None:
    """List whom names that lead elsewhere tell of; ``unsafe`` has which of them are files."""
    beside = [] if under or not unsafe else [*contents.files]
    for name, name_parts in with_safe_parts([*unsafe], beside):
        parts = (*under, *name_parts)
        if not unsafe[name]:
            contents.trace(parts, is_folder=False)
        elif parts in contents.files:
            contents.leave_out("/".join((*under, name)), why_unsafe(name))
        else:
            contents.refuse(parts, f"{why_unsafe(name)} ('{shown(name)}')")


def _take(member: Member, parts: Parts, contents: Contents, deep: int) -> None:
    """Put a file of an archive into the contents; its bytes only if they may be needed."""
    suffix = suffix_of(parts)
    if suffix in _NEVER_CODE:
        contents.put(parts, None, None, modified=member.modified)
        return
    if member.is_locked:
        contents.refuse(parts, "is locked with a password")
        return
    try:
        with member.open() as source:
            head = source.read(_HEAD)
            kind = None if suffix in CODE else kind_of(head)
            if kind is not None and kind not in _WORTH_UNPACKING:
                contents.put(parts, None, kind, modified=member.modified)
                return
            target = contents.next_path(".py" if kind is Kind.SCRIPT else suffix)
            is_large = _is_to_be_opened(parts, kind) or (
                len(parts) == 1 and parts[0] in METADATA_FILES
            )
            limit = MAX_NESTED_BYTES if is_large else MAX_BYTES
            problem = _write(head, source, target, min(limit, contents.left), member.packed)
    except DAMAGED:
        problem = "is damaged in the archive"
    if problem:
        contents.refuse(parts, problem)
        return
    contents.left -= target.stat().st_size
    with suppress(OSError, OverflowError, ValueError):
        os.utime(target, (member.modified, member.modified))
    add_file(target, parts, contents, deep)


def _write(head: bytes, source: IO[bytes], target: Path, limit: int, packed: int | None) -> str:
    """Write a member's bytes, of which the archive may lie; returns why it refuses, or ""."""
    size, part, problem = 0, head, ""
    try:
        with open(target, "wb") as file:
            while part and not problem:
                size += len(part)
                if size > limit:
                    problem = f"unpacks to more than {limit // 1_000_000} MB"
                elif packed is not None and size > max(RATIO_FROM_BYTES, MAX_RATIO * packed):
                    problem = "unpacks to far more than its size, as a zip bomb does"
                file.write(part)
                part = source.read(1 << 18)
    except DAMAGED:
        problem = "is damaged in the archive"
    if problem:
        shutil.rmtree(target.parent, ignore_errors=True)
    return problem
