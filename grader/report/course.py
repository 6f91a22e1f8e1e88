"""Entries of a course: results, their students, and what was set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Literal

from grader.report.feedback import ALL, Level
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

    @property
    def called(self) -> str:
        """The name, with the id behind it, or else the address, where that says more."""
        known = self.id or self.email
        return self.name if known in ("", self.name) else f"{self.name} ({known})"


TOTAL = "total"
"""The target of an override that sets all points at once."""


NOTHING = "Nothing that can be graded was handed in"
"""How the reason begins why that couldn't be graded."""


@dataclass(frozen=True)
class Override:
    """Points that an instructor set for a task or a check, and why.

    ``before`` is what it had, None where nothing was decided yet; ``by`` says who decided, and is
    "" where that wasn't written down; ``whom`` says for whom it was decided, and is "" where it was
    for this student alone.
    """

    target: str
    points: float
    reason: str
    before: float | None
    by: str = ""
    whom: str = ""


@dataclass(frozen=True)
class Comment:
    """What an instructor says to a student about a task, a check or all of it."""

    target: str
    text: str
    by: str = ""


@dataclass(frozen=True)
class Appeal:
    """What a student says against the points of a target, and what was decided about it."""

    target: str
    status: Literal["open", "accepted", "declined"]
    text: str = ""
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class Arrival:
    """When something was handed in, as an instructor says, and why.

    ``told`` is what the platform says of that; None where it says nothing.
    """

    moment: datetime
    told: datetime | None = None
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class Lateness:
    """What handing in late costs: points off the total, and that in words for the student."""

    points: float
    words: str


@dataclass(frozen=True)
class Entry:
    """One graded submission of a course.

    Attributes:
        name: safe and unique; the result is at ``results/NAME.json``.
        result: with overrides applied.
        students: whoever handed it in: one student, or the members of a group.
        late: whether the platform marked it late.
        submitted: when it came, by an instructor or else by the platform, if one says so.
        overrides: what an instructor changed by hand.
        notes: what is unusual about the submission's files.
        comments: what an instructor says to the students.
        appeals: what the students say against their points.
        arrival: when it came, where an instructor says so.
        lateness: what handing in late costs; None where it costs nothing.
        is_untimed: whether being late would cost something, and nobody knows when it came.
        due: until when it could be handed in, where that was set for these students.
        seen: whether a person has looked at it and wants nothing more.
        feedback: how much of the result its students are told.
        pseudonym: what it is called where nobody is to know whose it is; "" if it has none yet.
    """

    name: str
    result: Result
    students: tuple[Identity, ...]
    late: bool = False
    submitted: datetime | None = None
    overrides: tuple[Override, ...] = ()
    notes: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    arrival: Arrival | None = None
    lateness: Lateness | None = None
    is_untimed: bool = False
    due: datetime | None = None
    seen: bool = False
    feedback: Level = ALL
    pseudonym: str = ""

    @property
    def names(self) -> frozenset[str]:
        """What it may be called: the result, a student by name, id or address, a pseudonym."""
        return names_of(self.name, self.students, self.pseudonym)

    def is_called(self, name: str) -> bool:
        """Return whether it may be called so."""
        return name in self.names

    @property
    def is_nothing(self) -> bool:
        """Whether nothing that could be graded was handed in, and nobody has set points."""
        return self.result.status == "ungradable" and (self.result.reason or "").startswith(NOTHING)

    @property
    def final_points(self) -> float:
        """The points that go out: those of the result, less what handing in late costs."""
        return max(0.0, self.result.points - (self.lateness.points if self.lateness else 0.0))

    @property
    def counting_points(self) -> float | None:
        """The points that go out; None where they are open."""
        return None if self.result.has_open_points else self.final_points

    @property
    def called(self) -> str:
        """Who handed it in, for a person: names, with ids or addresses where they say more."""
        return _called(self.students) or self.name


def is_total_set(entry: Entry | None) -> bool:
    """Return whether a person has set all points at once, so that no other sum counts."""
    return entry is not None and any(it.target == TOTAL for it in entry.overrides)


def names_of(name: str, students: Sequence[Identity], pseudonym: str) -> frozenset[str]:
    """Return what a submission may be called: by the name of its result, by who handed it in.

    As notes and pages call them, too, for from there a name is copied.
    """
    known = ((it.name, it.id, it.email, it.called if it.name else "") for it in students)
    return frozenset(filter(None, (name, pseudonym, _called(students), *chain(*known))))


def _called(students: Sequence[Identity]) -> str:
    return ", ".join(student.called for student in students if student.name)
