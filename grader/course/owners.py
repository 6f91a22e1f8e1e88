"""Whose a file is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from grader.platforms.download import Parts
from grader.report.course import Identity


@dataclass(frozen=True)
class Owner:
    """Whose a file is.

    Attributes:
        key: the same for all files of one submission.
        students: one, or the members of a group.
        text: what the submission's safe name is made of.
        rest: the parts of the file's name that are the student's own.
        late: whether the platform says that it came late.
        attempt: the platform's order of attempts, of which the last counts.
        upload: the platform's number of this upload; a later upload has a higher one.
        submitted: when the platform says that it came.
    """

    key: tuple[str, ...]
    students: tuple[Identity, ...]
    text: str
    rest: Parts
    late: bool = False
    attempt: int = 0
    upload: int = 0
    submitted: datetime | None = None


def composed(name: str) -> str:
    """The name with letters and their accents in one: a Mac's file system takes them apart."""
    return unicodedata.normalize("NFC", name)
