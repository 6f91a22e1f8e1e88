"""List the files of a folder or of an archive, without trusting the names in it.

What is unpacked gets a number for a name on the disk; the name that it had is kept beside it as
text. So no name in an archive can lead anywhere, collide with another, or be one that the disk
refuses. An archive that lies in a folder or in another archive is listed as a folder of its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from grader.course.astray import placed, why_astray
from grader.course.listing import (
    CODE,
    GRADESCOPE_FILE,
    File,
    Listing,
    Parts,
    SubmissionsError,
    is_archive_name,
    is_junk,
    suffix_of,
)
from grader.course.members import (
    DAMAGED,
    MAX_RATIO,
    RATIO_FROM_BYTES,
    ArchiveError,
    Member,
    is_archive,
    members,
)
from grader.course.names import shown
from grader.course.zip_names import decoder
from grader.submission.kinds import Kind, kind_of
from grader.submission.load import MAX_BYTES

__all__ = ["SubmissionsError", "list_files"]

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
class _Found:
    """Files and notices so far, and what is left of the budget for unpacking."""

    folder: Path
    left: int
    files: dict[Parts, File] = field(default_factory=dict)
    traces: dict[Parts, None] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    unpacked: int = 0

    def next_path(self, suffix: str) -> Path:
        """Where the next file goes: a folder of its own, so that none lies beside another's."""
        self.unpacked += 1
        folder = self.folder / f"{self.unpacked:06d}"
        folder.mkdir()
        return folder / f"file{suffix}"

    def trace(self, parts: Parts, is_folder: bool = True) -> None:
        """Remember a name of which nothing is read."""
        name = (*parts, "") if is_folder else parts
        self.traces[name] = None

    def refuse(self, parts: Parts, problem: str, kind: Kind | None = None) -> None:
        """Keep a file's name, and say why its content isn't."""
        self.files[parts] = File(parts, None, kind, problem)
        self.notices.append(f"{shown('/'.join(parts))} {problem}; it was left out.")


def list_files(path: Path, folder: Path) -> Listing:
    """All files under a folder or in an archive, and what was left out.

    Args:
        path: a folder or an archive.
        folder: an empty folder that unpacked files go to.

    Raises:
        SubmissionsError: ``path`` is neither, or can't be read.
    """
    found = _Found(folder, MAX_TOTAL_BYTES)
    try:
        if path.is_dir():
            _walk(path, found)
        elif not path.exists():
            raise SubmissionsError(f"There is no {shown(str(path))}: check its name and folder.")
        elif is_archive(path):
            _unpack(path, (), found, 1)
        else:
            raise SubmissionsError(
                f"{shown(str(path))} is neither a folder nor a zip or tar: give the folder of "
                "submissions, or the zip as the platform gave it."
            )
    except OSError as error:
        raise SubmissionsError(
            f"{shown(str(error.filename or path))} can't be read or unpacked: {error.strerror}."
        ) from error
    except ArchiveError as error:
        raise SubmissionsError(
            f"{shown(str(path))} can't be read, so download it again: {error}."
        ) from error
    files = sorted(found.files.values(), key=lambda file: file.parts)
    return Listing(tuple(files), tuple(sorted(found.traces)), tuple(found.notices))


def _walk(top: Path, found: _Found) -> None:
    """Collect the ordinary files below ``top``; links are named and not followed."""
    for parts, path in _ordinary(top, (), found):
        if len(found.files) >= MAX_FILES:
            found.notices.append(f"There are more than {MAX_FILES} files; the rest was left out.")
            return
        _add(path, parts, found, 0)


def _ordinary(folder: Path, above: Parts, found: _Found) -> Iterator[tuple[Parts, Path]]:
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    decode = decoder([os.fsencode(entry.name) for entry in entries])
    for entry in entries:
        # A zip from Windows, unpacked elsewhere, may leave a path as one name.
        named = tuple(filter(None, decode(os.fsencode(entry.name)).split("\\")))
        parts = (*above, *named) if named and ".." not in named else (*above, entry.name)
        name = shown("/".join(parts))
        is_folder = entry.is_dir(follow_symlinks=False)
        if any(map(is_junk, parts[len(above) :])):
            found.trace(parts, is_folder)
        elif entry.is_symlink():
            found.refuse(parts, "is a link")
        elif is_folder:
            found.trace(parts)
            if len(parts) > MAX_DEPTH:
                found.notices.append(f"{name} lies too deep; it was left out.")
                continue
            try:
                yield from _ordinary(Path(entry.path), parts, found)
            except OSError as error:
                found.refuse(parts, f"can't be opened ({error.strerror})")
        elif entry.is_file(follow_symlinks=False):
            yield parts, Path(entry.path)
        else:
            found.refuse(parts, "is no ordinary file")


def _add(path: Path, parts: Parts, found: _Found, deep: int) -> None:
    """A file on the disk into the listing, by its content; an archive with what is in it.

    Args:
        path: where it is.
        parts: its name.
        found: the listing so far.
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
        _open(path, parts, found, deep, kind)
    else:
        found.files[parts] = File(parts, path, kind, modified=modified)


def _is_to_be_opened(parts: Parts, kind: Kind | None) -> bool:
    if suffix_of(parts) in CODE or kind in (Kind.NOTEBOOK, Kind.SCRIPT):
        return False
    return kind in _ARCHIVES or is_archive_name(parts[-1])


def _open(path: Path, parts: Parts, found: _Found, deep: int, kind: Kind | None) -> None:
    """Unpack an archive that a student handed in, as if it were a folder."""
    if deep >= MAX_ARCHIVES_DEEP:
        found.refuse(parts, "lies in too many archives", kind)
        return
    # As long as nothing else is found in it, there is a trace of it.
    found.trace(parts)
    before = len(found.files)
    try:
        _unpack(path, parts, found, deep + 1)
    except (ArchiveError, PermissionError) as error:
        how = "opened" if len(found.files) == before else "read to its end"
        found.refuse(parts, f"can't be {how} ({error})", kind)


def _unpack(path: Path, under: Parts, found: _Found, deep: int) -> None:
    """Take what is in an archive.

    Raises:
        ArchiveError: it can't be read, or not to its end.
        OSError: it can't be read, or nothing can be written.
    """
    name = under[-1] if under else path.name
    most = max(0, MAX_FILES - len(found.files) - len(found.traces))
    astray: dict[str, bool] = {}
    try:
        for member in members(path, name, most):
            if why_astray(member.name):
                is_folder = member.kind == "folder"
                is_left = any(map(is_junk, {*member.name.split("/")} - {".", ".."}))
                astray[member.name.rstrip("/") + "/" * is_folder] = not is_folder and not is_left
            else:
                _list_member(member, under, found, deep)
    finally:
        _list_astray(astray, under, found)


def _list_member(member: Member, under: Parts, found: _Found, deep: int) -> None:
    """One member of an archive into the listing."""
    own = _parts(member.name)
    if own:
        parts = (*under, *own)
        member = _linked(member, under, found) or member
        if len(own) > MAX_DEPTH:
            found.refuse(parts, "lies too deep")
        elif any(map(is_junk, parts[len(under) :])):
            found.trace(parts, is_folder=False)
        elif member.kind == "folder":
            found.trace(parts)
        elif member.kind == "link":
            found.refuse(parts, "is a link")
        elif member.kind == "other":
            found.refuse(parts, "is no ordinary file")
        else:
            if parts in found.files:
                told = shown("/".join((*under, member.name)))
                found.notices.append(f"{told} is in the archive more than once; the last counts.")
            _take(member, parts, found, deep)


def _parts(name: str) -> Parts:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _linked(member: Member, under: Parts, found: _Found) -> Member | None:
    """A hard link as the file that it is, listed before; None if it is no such link."""
    target = found.files.get((*under, *_parts(member.same_as)))
    path = target.path if member.same_as and target is not None else None
    return None if path is None else replace(member, kind="file", open=lambda: open(path, "rb"))


def _list_astray(astray: Mapping[str, bool], under: Parts, found: _Found) -> None:
    """List whom names that lead elsewhere tell of; ``astray`` has which of them are files."""
    beside = [] if under or not astray else [*found.files]
    for name, own in placed([*astray], beside):
        parts = (*under, *own)
        if not astray[name]:
            found.trace(parts, is_folder=False)
        elif parts in found.files:
            told = shown("/".join((*under, name)))
            found.notices.append(f"{told} {why_astray(name)}; it was left out.")
        else:
            found.refuse(parts, f"{why_astray(name)} ('{shown(name)}')")


def _take(member: Member, parts: Parts, found: _Found, deep: int) -> None:
    """One member of an archive into the listing; its bytes only if they may be needed."""
    suffix = suffix_of(parts)
    if suffix in _NEVER_CODE:
        found.files[parts] = File(parts, None, modified=member.modified)
        return
    if member.is_locked:
        found.refuse(parts, "is locked with a password")
        return
    try:
        with member.open() as source:
            head = source.read(_HEAD)
            kind = None if suffix in CODE else kind_of(head)
            if kind is not None and kind not in _WORTH_UNPACKING:
                found.files[parts] = File(parts, None, kind, modified=member.modified)
                return
            target = found.next_path(".py" if kind is Kind.SCRIPT else suffix)
            is_large = _is_to_be_opened(parts, kind) or parts == (GRADESCOPE_FILE,)
            limit = MAX_NESTED_BYTES if is_large else MAX_BYTES
            problem = _write(head, source, target, min(limit, found.left), member.packed)
    except DAMAGED:
        problem = "is damaged in the archive"
    if problem:
        found.refuse(parts, problem)
        return
    found.left -= target.stat().st_size
    with suppress(OSError, OverflowError, ValueError):
        os.utime(target, (member.modified, member.modified))
    _add(target, parts, found, deep)


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
