"""What a student's other notebooks would have had, where there is more than one to choose from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from grader.course.copies import content_of, copy_of
from grader.course.find import Submission
from grader.examiner.grading import Grader
from grader.report.result import Result
from grader.report.words import number

RIVALS = "other_notebooks"
"""Where a result keeps them: in what surrounded the grading, name -> points."""


def with_rivals(result: Result, one: Submission, grader: Grader, copies: Path) -> Result:
    """The result, which knows those of the other notebooks that differ from it in points.

    Raises:
        GraderError: no student code can be executed.
        OSError: they can't be copied.
    """
    checker = replace(grader, runner=None)  # what the run says makes no points
    others: dict[str, float] = {}
    for index, file in enumerate(one.rivals):
        content = content_of(file)
        if content is None:
            continue
        copy = copy_of(file, content, (), copies / f"{one.name}~{index}")
        other = checker.grade(copy).result
        shutil.rmtree(copy.parent, ignore_errors=True)
        if other.status == "graded" and abs(_sum(other) - _sum(result)) > 1e-6:
            others[file.name] = _sum(other)
    return replace(result, environment={**result.environment, RIVALS: others}) if others else result


def rival_notes(result: Result) -> tuple[str, ...]:
    """What a person should know about a result's other notebooks."""
    others = result.environment.get(RIVALS)
    if not isinstance(others, dict) or not others:
        return ()
    told = ", ".join(f"{name} has {number(points)}" for name, points in others.items())
    return (f"The notebooks differ in points: {told}, the graded one {number(_sum(result))}.",)


def _sum(result: Result) -> float:
    return sum(task.points for task in result.tasks)
