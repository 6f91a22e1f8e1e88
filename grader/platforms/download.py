"""Files of a platform's download, by the parts of their names, and their owners."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import UnusableError
from grader.platforms.names import shown
from grader.report.course import Identity

if TYPE_CHECKING:
    from grader.submission.kinds import Kind

CODE = (".ipynb", ".py")
"""Endings that say what a file is meant to be; of all others the content is looked at."""
ARCHIVE_SUFFIXES = (
    *(".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz", ".tbz2", ".txz"),
    *(".zip", ".tar", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"),
)

MIRROR = "__MACOSX"
"""The folder in which a Mac packs what it keeps beside files, under their own names."""
_JUNK = (MIRROR, ".ipynb_checkpoints", "__pycache__", "Thumbs.db", "desktop.ini")
_MARK_OF_THE_WEB = "Zone.Identifier"
Parts = tuple[str, ...]


class SubmissionsError(UnusableError):
    """No submissions can be read from this path; says why and what to do."""


@dataclass(frozen=True)
class File:
    """A file of the download.

    Attributes:
        parts: the parts of its name in it.
        path: where its bytes are; None if they were not unpacked, since nothing reads them.
        kind: what it is by its content; None if nobody has looked.
        problem: why it can't be read, if that is so.
        modified: when it was changed, in seconds since the epoch; 0 where that isn't known.
        is_given: whether it is one that students receive, and hand in again.
    """

    parts: Parts
    path: Path | None
    kind: Kind | None = None
    problem: str = ""
    modified: float = 0.0
    is_given: bool = False

    @property
    def name(self) -> str:
        """The name in the download, for people."""
        return shown("/".join(self.parts))

    @property
    def suffix(self) -> str:
        """The last suffix, in lower case, dot included."""
        return suffix_of(self.parts)

    def read(self, most: int) -> bytes | None:
        """Return at most so many bytes of it; None if it can't be read."""
        if self.path is None:
            return None
        try:
            with open(self.path, "rb") as file:
                return file.read(most)
        except OSError:
            return None

    @property
    def is_code(self) -> bool:
        """Whether it is a student's notebook or script, by its name or as a notebook's content."""
        return (self.suffix in CODE and not self.is_given) or self.has_cells

    @property
    def has_cells(self) -> bool:
        """Whether it is a notebook by its content."""
        return self.kind is not None and self.kind.name == "NOTEBOOK"


@dataclass(frozen=True)
class Listing:
    """What a folder or an archive holds.

    Attributes:
        files: sorted by name.
        traces: names of what nobody reads, folders with an empty last part: they tell of a student
            of whom there is nothing else.
        notices: what was left out, and why.
    """

    files: tuple[File, ...]
    traces: tuple[Parts, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def names(self) -> list[Parts]:
        """The names of all files and traces."""
        return [*(file.parts for file in self.files), *self.traces]

    def renamed(self, rename: Callable[[Parts], Parts]) -> Listing:
        """Return the listing under other names; what would have an empty one is left out."""
        named = ((file, rename(file.parts)) for file in self.files)
        files = tuple(replace(file, parts=parts) for file, parts in named if parts)
        return replace(self, files=files, traces=tuple(filter(None, map(rename, self.traces))))


@dataclass(frozen=True)
class Owner:
    """Who handed in a file, as its name or the platform's metadata tells.

    Attributes:
        key: the same for all files of one submission.
        students: one, or the members of a group.
        text: what the submission's safe name is made of.
        rest: the parts of the file's name that are the student's own.
        late: whether the platform says that it came late.
        attempt: the platform's order of attempts, of which the last counts.
        undated: the date that the platform gives the attempt, where it can't be read for certain.
        upload: the platform's number of this upload; a later upload has a higher one.
        submitted: when the platform says that it came.
    """

    key: tuple[str, ...]
    students: tuple[Identity, ...]
    text: str
    rest: Parts
    late: bool = False
    attempt: int = 0
    undated: str = ""
    upload: int = 0
    submitted: datetime | None = None

    @property
    def is_plain(self) -> bool:
        """Whether no platform tells it, but the name of a folder or file alone."""
        return self.key[0] == "folder"


FindOwner = Callable[[Parts], "Owner | None"]
"""Finds the owner of a file by its name; None if the name tells none."""


def filled_folders(names: Collection[Parts]) -> set[Parts]:
    """Return the folders in which something lies; a name with an empty last part is a folder."""
    return {parts[:at] for parts in names for at in range(1, len(parts) - (parts[-1] == ""))}


def is_archive_name(name: str) -> bool:
    """Return whether a file of that name says that it is an archive."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def is_junk(part: str) -> bool:
    """Return whether it is what systems and programs leave behind, and no work of a student."""
    return part in _JUNK or part.startswith(".") or part.endswith(_MARK_OF_THE_WEB)


def suffix_of(parts: Parts) -> str:
    """Return the last suffix of a file's name, in lower case, dot included."""
    return os.path.splitext(parts[-1])[1].lower()
