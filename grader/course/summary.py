"""The summary at the end of the grading of a course."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.report.cohort import NOT_GRADED, kind_of_ungraded
from grader.report.course import Entry
from grader.report.words import number, waiting_words

MOST_NAMED = 20
"""Of those who share something, on a terminal."""
_BY_HAND = "by hand"
_AGAIN = "The machine interrupted the run or the training of"
_EVERYBODY = "gradebook.csv names everybody, each with a status and what to look at."


def named(names: Sequence[str], count: int) -> str:
    """Return the first of ``count`` names, and how many more there are."""
    shown = names[:MOST_NAMED]
    more = count - len(shown)
    return ", ".join(shown) + f" and {more} more" * (more > 0)


@dataclass
class Group:
    """Entries that share something: the first names, how many they and their students are."""

    first: list[str] = field(default_factory=list)
    entries: int = 0
    students: int = 0

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        if self.entries < MOST_NAMED:
            self.first.append(entry.name)
        self.entries += 1
        self.students += len(entry.students)

    @property
    def names(self) -> str:
        """The first names, and how many more there are."""
        return named(self.first, self.entries)


@dataclass
class Overview:
    """What the summary says of a course, collected while its entries pass by.

    Attributes:
        students: how many there are; each member of a group has its points, as in the gradebook.
        graded: how many of them are graded.
        decided: of how many of these no points are open.
        points: those that count, of all who are decided.
        most: what the first submission could have had.
        groups: by why they aren't graded, and by what is open.
    """

    students: int = 0
    graded: int = 0
    decided: int = 0
    points: float = 0.0
    most: float | None = None
    groups: dict[str, Group] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        result, students = entry.result, len(entry.students)
        self.students += students
        self.most = result.max_points if self.most is None else self.most
        if result.status == "graded":
            self.graded += students
            if entry.counting_points is not None:
                self.decided += students
                self.points += students * entry.counting_points
        for key in _kinds_of(entry):
            self.groups.setdefault(key, Group()).add(entry)

    @property
    def is_done(self) -> bool:
        """Whether everybody is graded, and nothing is open."""
        return not self.groups


def overview_of(entries: Iterable[Entry]) -> Overview:
    """Return the overview of a course."""
    overview = Overview()
    for entry in entries:
        overview.add(entry)
    return overview


def summary(overview: Overview, files: Sequence[Path]) -> str:
    """Return how many are graded and which are not, and which ``files`` are written."""
    groups = overview.groups
    lines = [f"{overview.graded} of {overview.students} students are graded."]
    if overview.decided:
        mean = number(overview.points / overview.decided)
        lines[0] += (
            f" They have {mean} of {overview.most:g} points on average."
            if overview.decided == overview.graded
            else f" The points of {overview.decided} are decided: {mean} of {overview.most:g} on "
            "average."
        )
    lines += [
        f"{groups[status].students} {words}: {groups[status].names}."
        for status, words in NOT_GRADED.items()
        if status in groups
    ]
    if (by_hand := groups.get(_BY_HAND)) is not None:
        lines.append(f"{waiting_words(by_hand.entries)}: {by_hand.names}.")
    if (again := groups.get(_AGAIN)) is not None:
        lines.append(
            f"{_AGAIN} {again.entries}: {again.names}. The same command again does that again."
        )
    if any(group.entries > len(group.first) for group in groups.values()):
        lines.append(_EVERYBODY)
    return "\n".join([*lines, "Written:", *(f"  {path}" for path in files)])


def _kinds_of(entry: Entry) -> list[str]:
    """Return the groups that an entry is in: by why it isn't graded, and by what is open."""
    result = entry.result
    kinds: list[str] = []
    if result.status in NOT_GRADED:
        kinds.append(kind_of_ungraded(entry))
    if result.waits_for_person:
        kinds.append(_BY_HAND)
    elif result.status == "graded" and result.is_open:
        kinds.append(_AGAIN)
    return kinds
