"""List the files of a folder or of a zip, without trusting the names in it.

What is unpacked gets a number for a name on the disk; the name that it had is kept beside it as
text. So no name in a zip can lead anywhere, collide with another, or be one that the disk refuses.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.batch.names import shown
from grader.submission.load import MAX_BYTES

MAX_TOTAL_BYTES = 4_000_000_000
MAX_RATIO = 250
"""Text packs 250 times smaller only if it repeats itself without end."""
RATIO_FROM_BYTES = 5_000_000
MAX_FILES = 200_000
MAX_DEPTH = 12
MAX_NESTED_BYTES = 200_000_000

WANTED = (".ipynb", ".py", ".yml", ".zip")
"""Kinds of files that are unpacked; of all others only the name is kept."""
TIMESTAMP = "timestamp.txt"
"""Where nbgrader says when a submission came; unpacked too."""

_JUNK = ("__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git", ".DS_Store", "Thumbs.db")

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)

Parts = tuple[str, ...]


class SubmissionsError(Exception):
    """No submissions can be read from this path; says why and what to do."""


@dataclass(frozen=True)
class File:
    """A file of the download: the parts of its name in it, and where its bytes are.

    ``path`` is None if the bytes were not unpacked, since nothing reads them.
    """

    parts: Parts
    path: Path | None

    @property
    def name(self) -> str:
        """The name in the download, for people."""
        return shown("/".join(self.parts))

    @property
    def suffix(self) -> str:
        """The last suffix, in lower case, dot included."""
        return os.path.splitext(self.parts[-1])[1].lower()


@dataclass
class _Listing:
    """Files and notices so far, and what is left of the budget for unpacking."""

    folder: Path
    files: dict[Parts, File] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    left: int = MAX_TOTAL_BYTES
    unpacked: int = 0

    def next_path(self, suffix: str) -> Path:
        self.unpacked += 1
        return self.folder / f"{self.unpacked:06d}{suffix}"


def list_files(path: Path, folder: Path) -> tuple[list[File], list[str]]:
    """All files under a folder or in a zip, sorted by name, and notices on what was left out.

    Args:
        path: a folder or a zip.
        folder: an empty folder that unpacked files go to.

    Raises:
        SubmissionsError: ``path`` is neither, or can't be read.
    """
    listing = _Listing(folder)
    try:
        if path.is_dir():
            _walk(path, listing)
        elif zipfile.is_zipfile(path):
            _unpack(path, (), listing, nested=False)
        elif path.exists():
            raise SubmissionsError(
                f"{shown(str(path))} is neither a folder nor a zip: give the folder of "
                "submissions, or the zip as the platform gave it."
            )
        else:
            raise SubmissionsError(f"There is no {shown(str(path))}: check its name and folder.")
    except OSError as error:
        raise SubmissionsError(
            f"{shown(str(error.filename or path))} can't be read or unpacked: {error.strerror}."
        ) from error
    except zipfile.BadZipFile as error:
        raise SubmissionsError(
            f"{shown(str(path))} is a damaged zip: download it again ({error})."
        ) from error
    files = sorted(listing.files.values(), key=lambda file: file.parts)
    return files, listing.notices


def _walk(top: Path, listing: _Listing) -> None:
    """Collect the ordinary files below ``top``; links are named and not followed."""
    for parts, path in _ordinary(top, (), listing):
        if len(listing.files) >= MAX_FILES:
            listing.notices.append(f"There are more than {MAX_FILES} files; the rest was left out.")
            return
        if path.suffix.lower() == ".zip":
            _unpack_nested(path, parts, listing)
        else:
            listing.files[parts] = File(parts, path)


def _ordinary(folder: Path, parts: Parts, listing: _Listing) -> Iterator[tuple[Parts, Path]]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        own = (*parts, entry.name)
        name = shown("/".join(own))
        if entry.name in _JUNK or entry.name.startswith("."):
            continue
        if entry.is_symlink():
            listing.notices.append(f"{name} is a link; it was left out.")
        elif entry.is_dir(follow_symlinks=False):
            if len(own) > MAX_DEPTH:
                listing.notices.append(f"{name} lies too deep; it was left out.")
                continue
            try:
                yield from _ordinary(Path(entry.path), own, listing)
            except OSError as error:
                listing.notices.append(f"{name} can't be opened: {error.strerror}.")
        elif entry.is_file(follow_symlinks=False):
            yield own, Path(entry.path)
        else:
            listing.notices.append(f"{name} is no ordinary file; it was left out.")


def _unpack_nested(path: Path, parts: Parts, listing: _Listing) -> None:
    """Unpack a zip that a student handed in, as if it were a folder."""
    try:
        _unpack(path, parts, listing, nested=True)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        ValueError,
        PermissionError,
    ) as error:
        listing.files[parts] = File(parts, path)
        listing.notices.append(f"{shown('/'.join(parts))} is no zip that can be opened: {error}.")


def _unpack(path: Path, under: Parts, listing: _Listing, nested: bool) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) + len(listing.files) > MAX_FILES:
            raise zipfile.BadZipFile(f"it holds more than {MAX_FILES} files")
        for member in members:
            if member.is_dir():
                continue
            told = shown("/".join((*under, _decoded(member))))
            parts, refusal = _parts(member)
            if refusal:
                listing.notices.append(f"{told} {refusal}; it was left out.")
            elif not _is_junk(parts):
                _take(archive, member, (*under, *parts), told, listing, nested)


def _take(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    parts: Parts,
    told: str,
    listing: _Listing,
    nested: bool,
) -> None:
    """One member of a zip into the listing; its bytes only if they may be needed."""
    if parts in listing.files:
        listing.notices.append(f"{told} is in the zip more than once; the last one counts.")
    suffix = os.path.splitext(parts[-1])[1].lower()
    is_zip = suffix == ".zip"
    is_wanted = suffix in WANTED or parts[-1] == TIMESTAMP
    if not is_wanted or (is_zip and nested):
        if is_zip:
            listing.notices.append(f"{told} is a zip in a student's zip; it was not opened.")
        listing.files[parts] = File(parts, None)
        return
    limit = MAX_NESTED_BYTES if is_zip else MAX_BYTES
    if suffix == ".yml" and not nested:
        limit = MAX_NESTED_BYTES
    target = listing.next_path(suffix)
    why = _extract(archive, member, target, min(limit, listing.left))
    if why:
        target.unlink(missing_ok=True)
        listing.files[parts] = File(parts, None)
        listing.notices.append(f"{told} {why}; it was left out.")
        return
    listing.left -= target.stat().st_size
    if is_zip:
        _unpack_nested(target, parts, listing)
    else:
        listing.files[parts] = File(parts, target)


def _extract(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: int
) -> str | None:
    """Write a member's bytes, of which the zip may lie; returns why it was refused, if it was."""
    if member.flag_bits & 1:
        return "is locked with a password"
    size = 0
    try:
        with archive.open(member) as source, open(target, "wb") as file:
            while part := source.read(1 << 18):
                size += len(part)
                if size > limit:
                    return f"unpacks to more than {limit // 1_000_000} MB"
                if size > RATIO_FROM_BYTES and size > MAX_RATIO * max(member.compress_size, 1):
                    return "unpacks to far more than its size, as a zip bomb does"
                file.write(part)
    except _DAMAGED:
        return "is damaged in the zip"
    return None


def _decoded(member: zipfile.ZipInfo) -> str:
    """The member's name; many programs write UTF-8 without saying so."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _parts(member: zipfile.ZipInfo) -> tuple[Parts, str]:
    """The parts of a member's name, or why it is refused."""
    name = _decoded(member)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if stat.S_ISLNK(member.external_attr >> 16):
        return (), "is a link"
    if name.startswith("/") or (len(name) > 1 and name[1] == ":" and name[0].isalpha()):
        return (), "has an absolute name"
    if ".." in parts:
        return (), "has a name that leads out of the zip"
    if not parts:
        return (), "has no name"
    if len(parts) > MAX_DEPTH:
        return (), "lies too deep"
    return parts, ""


def _is_junk(parts: Parts) -> bool:
    return any(part in _JUNK or part.startswith(".") for part in parts)
