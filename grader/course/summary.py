"""The summary at the end of the grading of a course."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.find import NOTHING
from grader.report.cohort import NOT_GRADED
from grader.report.course import Entry


@dataclass
class Overview:
    """What the summary says of a course, collected while its entries pass by.

    Attributes:
        students: how many there are; each member of a group has its points, as in the gradebook.
        graded: how many of them are graded.
        points: of all who are graded.
        most: what the first submission could have had.
        left: status, and whether nothing was handed in -> names and students that have it.
        by_hand: names of who waits for a person.
        again: names of who is interrupted.
    """

    students: int = 0
    graded: int = 0
    points: float = 0.0
    most: float | None = None
    left: dict[tuple[str, bool], tuple[list[str], int]] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        result, students = entry.result, len(entry.students)
        self.students += students
        self.most = result.max_points if self.most is None else self.most
        if result.status == "graded":
            self.graded += students
            self.points += students * entry.final_points
        else:
            kind = result.status, (result.reason or "").startswith(NOTHING)
            names, count = self.left.get(kind, ([], 0))
            self.left[kind] = [*names, entry.name], count + students
        if result.waits_for_person:
            self.by_hand.append(entry.name)
        elif result.status == "graded" and result.is_open:
            self.again.append(entry.name)

    @property
    def is_done(self) -> bool:
        """Whether everybody is graded, and nothing is open."""
        return not (self.left or self.by_hand or self.again)


def overview_of(entries: Iterable[Entry]) -> Overview:
    """Return the overview of a course."""
    overview = Overview()
    for entry in entries:
        overview.add(entry)
    return overview


def summary(overview: Overview, files: Sequence[Path]) -> str:
    """Return how many are graded and which are not, and which ``files`` are written."""
    lines = [f"{overview.graded} of {overview.students} students are graded."]
    if overview.graded:
        mean = overview.points / overview.graded
        lines[0] += f" They have {mean:.1f} of {overview.most:g} points on average."
    for status, words in NOT_GRADED.items():
        for is_empty, what in ((False, words), (True, "handed in nothing that can be graded")):
            names, count = overview.left.get((status, is_empty), ([], 0))
            if names:
                lines.append(f"{count} {what}: {', '.join(names)}.")
    by_hand, again = overview.by_hand, overview.again
    if by_hand:
        lines.append(f"{len(by_hand)} wait for a task to be graded by hand: {', '.join(by_hand)}.")
    if again:
        lines.append(
            f"The machine interrupted the run or the training of {len(again)}: {', '.join(again)}. "
            "The same command again does that again."
        )
    return "\n".join([*lines, "Written:", *(f"  {path}" for path in files)])
