"""The summary at the end of the grading of a course."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.course.find import NOTHING
from grader.report.cohort import NOT_GRADED
from grader.report.course import Entry


def summary(entries: Sequence[Entry], files: Sequence[Path]) -> str:
    """Return how many are graded and which are not, and which ``files`` are written."""
    # Each member of a group has its points, as in the gradebook.
    graded = [e.final_points for e in entries if e.result.status == "graded" for _ in e.students]
    everybody = sum(len(entry.students) for entry in entries)
    lines = [f"{len(graded)} of {everybody} students are graded."]
    if graded:
        most = entries[0].result.max_points
        mean = sum(graded) / len(graded)
        lines[0] += f" They have {mean:.1f} of {most:g} points on average."
    for status, words in NOT_GRADED.items():
        for is_empty, what in ((False, words), (True, "handed in nothing that can be graded")):
            left = [
                entry
                for entry in entries
                if entry.result.status == status
                and (entry.result.reason or "").startswith(NOTHING) == is_empty
            ]
            if left:
                count = sum(len(entry.students) for entry in left)
                lines.append(f"{count} {what}: {', '.join(entry.name for entry in left)}.")
    by_hand = [entry.name for entry in entries if entry.result.waits_for_person]
    if by_hand:
        lines.append(f"{len(by_hand)} wait for a task to be graded by hand: {', '.join(by_hand)}.")
    again = [
        e.name
        for e in entries
        if e.result.status == "graded" and e.result.is_open and e.name not in by_hand
    ]
    if again:
        lines.append(
            f"The machine interrupted the run or the training of {len(again)}: {', '.join(again)}. "
            "The same command again does that again."
        )
    return "\n".join([*lines, "Written:", *(f"  {path}" for path in files)])
