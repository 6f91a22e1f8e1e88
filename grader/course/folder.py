"""A folder of results as a course: what was graded, and what people decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.composition import ASSIGNMENT, Options, read_rubric
from grader.course.roster import Roster, entries_of, kept_result_of, read_roster
from grader.course.store import Store
from grader.course.write_out import GradedFolder
from grader.decisions.read import read_decisions
from grader.errors import UnusableError
from grader.examiner.rubric import Rubric
from grader.report.course import Entry


class OtherRubricError(UnusableError):
    """A rubric is not the one that results were graded by."""


def store_of(folder: Path) -> Store:
    """Return the store of the results in a folder."""
    return Store(folder, {task.id: task.method.name for task in ASSIGNMENT.tasks})


def rubric_of(roster: Roster, given: Path | None) -> Rubric:
    """Return the rubric that holds: the one given, or that of the last grading.

    Raises:
        RubricError: it can't be used.
    """
    recorded = Path(roster.rubric) if roster.rubric else None
    return read_rubric(Options(rubric=given or recorded))


def require_their_rubric(entries: Sequence[Entry], rubric: Rubric) -> None:
    """Refuse a rubric that no result was graded by: points of both can't be laid over each other.

    Raises:
        OtherRubricError: it is such a rubric.
    """
    worth = [{it.id: it.max_points for it in entry.result.checks} for entry in entries]
    graded = [checks for checks in worth if checks]
    if not graded or dict(rubric.checks) in graded:
        return
    ids = sorted({*rubric.checks, *graded[0]})
    id = next(it for it in ids if rubric.checks.get(it, 0.0) != graded[0].get(it, 0.0))
    there, here = graded[0].get(id, 0.0), rubric.checks.get(id, 0.0)
    raise OtherRubricError(
        f"The results were graded by another rubric: {id} is worth {there:g} in them and {here:g} "
        "in this one. Grade the course again by this rubric, or give theirs."
    )


def graded_course(folder: Path, rubric: Path | None = None) -> GradedFolder:
    """Read a folder that `grade FOLDER --out` wrote.

    Args:
        folder: the folder.
        rubric: one to be used in place of the last grading's.

    Raises:
        UnusableError: it is no such folder, or something in it can't be read.
    """
    roster = read_roster(folder)
    holds = rubric_of(roster, rubric)
    store = store_of(folder)
    entries = entries_of(roster, folder, kept_result_of(store))
    return GradedFolder(store, roster, entries, read_decisions(folder, holds), holds)
