"""A folder of results as a course: what was graded, and what people decided about it."""

from __future__ import annotations

from pathlib import Path

from grader.composition import ASSIGNMENT, Options, read_rubric
from grader.course.roster import Roster, entries_of, kept_result_of, read_roster
from grader.course.store import Store
from grader.course.write_out import GradedFolder
from grader.decisions.read import read_decisions
from grader.examiner.rubric import Rubric


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
