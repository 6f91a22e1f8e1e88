"""What tests say about outcomes of grading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.examiner.client import Candidates
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.report.result import Result, TaskResult
from grader.vae import ASSIGNMENT

ROOT = Path(__file__).resolve().parents[1]

Examine = Callable[..., tuple[TaskResult, ...]]
"""Grades a notebook node, given as the first argument."""


def grade_file(path: Path, rubric: Rubric, candidates: Candidates) -> Result:
    """Grade the class in the notebook at ``path``, without executing the notebook."""
    return Grader(ASSIGNMENT, candidates, rubric).grade(path).result


def lost_checks(tasks: tuple[TaskResult, ...]) -> dict[str, str]:
    """The checks that were not passed, with what was said about them."""
    return {
        check.id: f"{check.status}: {check.message}"
        for task in tasks
        for check in task.checks
        if check.status != "passed"
    }
