"""Points of a student's other notebooks, where there are several to choose from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from grader.course.file_copies import written_copy
from grader.course.work import Work
from grader.examiner.grading import Grader
from grader.report.result import Result
from grader.report.words import number

OTHERS = "other_notebooks"
"""Where a result keeps them: in what surrounded the grading, name -> points."""


def compare_others(result: Result, work: Work, grader: Grader, copies: Path) -> Result:
    """Return the result, which knows those of the other notebooks that differ from it in points.

    Raises:
        GraderError: no student code can be executed.
        OSError: they can't be copied.
    """
    checker = replace(grader, runner=None)  # what the run says makes no points
    others: dict[str, float] = {}
    for index, file in enumerate(work.rivals):
        copy = written_copy(copies / f"{work.name}~{index}", file.copy, file.content)
        other = checker.grade(copy).result
        shutil.rmtree(copy.parent, ignore_errors=True)
        if other.status == "graded" and abs(other.earned_in_tasks - result.earned_in_tasks) > 1e-6:
            others[file.name] = other.earned_in_tasks
    return replace(result, environment={**result.environment, OTHERS: others}) if others else result


def notes_on_others(result: Result) -> tuple[str, ...]:
    """Return what a person should know about a result's other notebooks."""
    others = result.environment.get(OTHERS)
    if not isinstance(others, dict) or not others:
        return ()
    points = ", ".join(f"{name} has {number(points)}" for name, points in others.items())
    own = number(result.earned_in_tasks)
    return (f"The notebooks differ in points: {points}, the graded one {own}.",)
