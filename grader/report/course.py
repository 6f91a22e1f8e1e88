"""Entries of a course: results, their students, and what was set by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.report.result import Result


@dataclass(frozen=True)
class Identity:
    """A student as a platform knows them.

    Attributes:
        name: as a person writes it.
        id: the platform's own id; "" where it gives none.
        email: "" where it is not known.
        platform: name of the platform whose id it is; "folder" for none.
        prefix: what the names of the student's files start with in the platform's download: a
            folder's name with a slash behind it, or the first part of flat file names.
    """

    name: str
    id: str = ""
    email: str = ""
    platform: str = "folder"
    prefix: str = ""


TOTAL = "total"
"""The target of an override that sets all points at once."""


@dataclass(frozen=True)
class Override:
    """Points that an instructor set for a task or a check, and why.

    ``before`` is what it had; ``by`` says who decided, and is "" where that wasn't written down.
    """

    target: str
    points: float
    reason: str
    before: float
    by: str = ""


@dataclass(frozen=True)
class Entry:
    """One graded submission of a course.

    Attributes:
        name: safe and unique; the result is at ``results/NAME.json``.
        result: with overrides applied.
        students: whoever handed it in: one student, or the members of a group.
        late: whether the platform marked it late.
        submitted: when it came, in UTC, if the platform says so.
        overrides: what an instructor changed by hand.
        notes: what is unusual about the submission's files.
    """

    name: str
    result: Result
    students: tuple[Identity, ...]
    late: bool = False
    submitted: datetime | None = None
    overrides: tuple[Override, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """Who handed it in, for a person: names, with the platform's ids where they say more."""
        students = [student for student in self.students if student.name]
        known = [f"{s.name} ({s.id})" if s.id not in ("", s.name) else s.name for s in students]
        return ", ".join(known) or self.name
