"""The files of a download as they are known here: by the parts of their names in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from grader.course.members import ARCHIVE_SUFFIXES
from grader.course.names import shown
from grader.errors import UnusableError
from grader.submission.kinds import Kind

CODE = (".ipynb", ".py")
"""Endings that say what a file is meant to be; of all others the content is looked at."""
GIVEN = ("vae_utils.py",)
"""Files that students receive, and hand in again."""
GRADESCOPE_FILE = "submission_metadata.yml"

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
    """

    parts: Parts
    path: Path | None
    kind: Kind | None = None
    problem: str = ""
    modified: float = 0.0

    @property
    def name(self) -> str:
        """The name in the download, for people."""
        return shown("/".join(self.parts))

    @property
    def suffix(self) -> str:
        """The last suffix, in lower case, dot included."""
        return suffix_of(self.parts)


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
    traces: tuple[Parts, ...]
    notices: tuple[str, ...]


def is_archive_name(name: str) -> bool:
    """Whether a file of that name says that it is an archive."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def is_junk(part: str) -> bool:
    """Whether it is what systems and programs leave behind, and no work of a student."""
    return part in _JUNK or part.startswith(".") or part.endswith(_MARK_OF_THE_WEB)


def suffix_of(parts: Parts) -> str:
    """The last suffix of a file's name, in lower case, dot included."""
    return os.path.splitext(parts[-1])[1].lower()
