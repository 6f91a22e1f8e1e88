"""The summary at the end of the grading of a course."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.find import NOTHING
from grader.report.cohort import NOT_GRADED
from grader.report.course import Entry

MOST_NAMED = 20
"""Of those who share something, on a terminal."""
_EMPTY = "handed in nothing that can be graded"
_BY_HAND = "wait for a task to be graded by hand"
_AGAIN = "The machine interrupted the run or the training of"
_EVERYBODY = "gradebook.csv names everybody, each with a status and what to look at."


def named(names: Sequence[str], count: int) -> str:
    """Return the first of ``count`` names, and how many more there are."""
    shown = names[:MOST_NAMED]
    more = count - len(shown)
    return ", ".join(shown) + f" and {more} more" * (more > 0)


@dataclass
class _Group:
    """Entries that share something: the first names, how many they and their students are."""

    first: list[str] = field(default_factory=list)
    entries: int = 0
    students: int = 0

    def add(self, entry: Entry) -> None:
        if self.entries < MOST_NAMED:
            self.first.append(entry.name)
        self.entries += 1
        self.students += len(entry.students)

    @property
    def names(self) -> str:
        return named(self.first, self.entries)


def summary(entries: Iterable[Entry], files: Sequence[Path]) -> str:
    """Return how many are graded and which are not, and which ``files`` are written.

    It passes over the entries once, and names few of each kind.
    """
    graded, everybody, total, most = 0, 0, 0.0, 0.0
    kinds = [(status, kind) for status, words in NOT_GRADED.items() for kind in (words, _EMPTY)]
    groups = {key: _Group() for key in [*kinds, _BY_HAND, _AGAIN]}
    for entry in entries:
        # Each member of a group has its points, as in the gradebook.
        students = len(entry.students)
        most = most if everybody else entry.result.max_points
        everybody += students
        if entry.result.status == "graded":
            graded += students
            total += entry.final_points * students
        for key in _kinds_of(entry):
            groups[key].add(entry)
    lines = [f"{graded} of {everybody} students are graded."]
    if graded:
        lines[0] += f" They have {total / graded:.1f} of {most:g} points on average."
    lines += [
        f"{groups[k].students} {k[1]}: {groups[k].names}." for k in kinds if groups[k].entries
    ]
    if (by_hand := groups[_BY_HAND]).entries:
        lines.append(f"{by_hand.entries} {_BY_HAND}: {by_hand.names}.")
    if (again := groups[_AGAIN]).entries:
        lines.append(
            f"{_AGAIN} {again.entries}: {again.names}. The same command again does that again."
        )
    if any(group.entries > len(group.first) for group in groups.values()):
        lines.append(_EVERYBODY)
    return "\n".join([*lines, "Written:", *(f"  {path}" for path in files)])


def _kinds_of(entry: Entry) -> list[str | tuple[str, str]]:
    """Return the groups that an entry is in: by why it isn't graded, and by what is open."""
    result = entry.result
    kinds: list[str | tuple[str, str]] = []
    if result.status in NOT_GRADED:
        is_empty = (result.reason or "").startswith(NOTHING)
        kinds.append((result.status, _EMPTY if is_empty else NOT_GRADED[result.status]))
    if result.waits_for_person:
        kinds.append(_BY_HAND)
    elif result.status == "graded" and result.is_open:
        kinds.append(_AGAIN)
    return kinds
