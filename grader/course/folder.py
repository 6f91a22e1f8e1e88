"""A folder of results as a course: what was graded, and what people decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.composition import ASSIGNMENT, Options, read_rubric
from grader.course.contents import Contents
from grader.course.options import CourseOptions
from grader.course.roster import (
    MOST_AT_ONCE,
    Roster,
    entries_of,
    kept_result_of,
    read_roster,
    with_sheets_times,
    write_roster,
)
from grader.course.store import Store
from grader.course.write_out import GradedFolder
from grader.decisions.decision import Decision
from grader.decisions.read import OtherRubricsTargetError, OverridesError, read_decisions
from grader.errors import UnusableError
from grader.examiner.rubric import Rubric
from grader.report.course import Entry


class OtherRubricError(UnusableError):
    """A rubric is not the one that results were graded by."""


def store_of(folder: Path, contents: Contents | None = None) -> Store:
    """Return the store of the results in a folder, whose contents may be known already."""
    return Store(folder, {task.id: task.method.name for task in ASSIGNMENT.tasks}, contents)


def rubric_of(roster: Roster, given: Path | None) -> Rubric:
    """Return the rubric that holds: the one given, or that of the last grading.

    Raises:
        RubricError: it can't be used.
    """
    recorded = Path(roster.rubric) if roster.rubric else None
    return read_rubric(Options(rubric=given or recorded))


def require_their_rubric(entries: Sequence[Entry], rubric: Rubric) -> None:
    """Refuse a rubric that no result was graded by: points of both can't be laid over each other.

    It passes over the course up to the first result that was graded by it.

    Raises:
        OtherRubricError: it is such a rubric.
    """
    first: dict[str, float] = {}
    for entry in entries:
        worth = {check.id: check.max_points for check in entry.result.checks}
        if worth == dict(rubric.checks):
            return
        first = first or worth
    if not first:
        return
    ids = sorted({*rubric.checks, *first})
    id = next(it for it in ids if rubric.checks.get(it, 0.0) != first.get(it, 0.0))
    there, here = first.get(id, 0.0), rubric.checks.get(id, 0.0)
    raise OtherRubricError(
        f"The results were graded by another rubric: {id} is worth {there:g} in them and {here:g} "
        "in this one. Grade the course again by this rubric, or give theirs."
    )


def decisions_of(folder: Path, rubric: Rubric, given: Path | None) -> tuple[Decision, ...]:
    """Return what people decided about the results in a folder.

    Args:
        folder: the folder.
        rubric: the one that holds.
        given: its file, where one was given on the command line.

    Raises:
        OverridesError: the file of overrides can't be used.
    """
    try:
        return read_decisions(folder, rubric)
    except OtherRubricsTargetError as error:
        if given is not None:
            raise
        why = str(error)
        between = "\n" if "\n" in why else " "  # several mistakes stand in a list
        raise OverridesError(
            f"{why}{between}If another rubric was used when it was decided, give that with "
            "--rubric FILE."
        ) from error


def graded_course(
    folder: Path, rubric: Path | None = None, most: int = MOST_AT_ONCE
) -> GradedFolder:
    """Read a folder that `grade FOLDER --out` wrote.

    Args:
        folder: the folder.
        rubric: one to be used in place of the last grading's.
        most: how many results are read at once; those of a larger course when they are asked for.

    Raises:
        UnusableError: it is no such folder, or something in it can't be read.
    """
    roster = read_roster(folder)
    holds = rubric_of(roster, rubric)
    store = store_of(folder)
    entries = entries_of(roster, folder, kept_result_of(store), most)
    return GradedFolder(store, roster, entries, decisions_of(folder, holds, rubric), holds)


def timed(course: GradedFolder, options: CourseOptions) -> GradedFolder:
    """Return the course with the times that platforms' sheets tell, and keep them.

    Raises:
        StoreError: they can't be written.
        RosterError: a result can't be read any more.
    """
    folder = course.store.folder
    roster = with_sheets_times(course.roster, options.flags, options.values)
    if roster == course.roster:
        return course
    write_roster(folder, roster)
    entries = entries_of(roster, folder, kept_result_of(course.store))
    return replace(course, roster=roster, entries=entries)
