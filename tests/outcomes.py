"""What tests say about outcomes of grading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.report.result import TaskResult

ROOT = Path(__file__).resolve().parents[1]

Examine = Callable[..., tuple[TaskResult, ...]]
"""Grades a notebook node, given as the first argument."""


def lost_checks(tasks: tuple[TaskResult, ...]) -> dict[str, str]:
    """The checks that were not passed, with what was said about them."""
    return {
        check.id: f"{check.status}: {check.message}"
        for task in tasks
        for check in task.checks
        if check.status != "passed"
    }
