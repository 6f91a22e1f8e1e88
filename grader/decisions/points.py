"""Set points of a result by hand in one place, so that all sums fit."""

from __future__ import annotations

from dataclasses import replace

from grader.report.course import TOTAL, Override
from grader.report.result import CheckResult, Result, TaskResult


def points_of(result: Result, target: str) -> float:
    """Return the points of a target.

    Raises:
        KeyError: the result has no such task or check.
    """
    if target == TOTAL:
        return result.points
    return {part.id: part.points for part in result.tasks_and_checks}[target]


def is_open(result: Result, target: str) -> bool:
    """Return whether points of a target are not decided."""
    is_part_open = any(
        part.is_open for part in result.tasks_and_checks if target in (TOTAL, part.id)
    )
    return is_part_open or (target == TOTAL and result.status != "graded")


def with_override(result: Result, override: Override) -> Result:
    """Return the result with other points in one place, and sums that fit."""
    if override.target == TOTAL:
        settled = tuple(
            replace(_settled(task, override), in_total=task.undecided or task.in_total)
            for task in result.tasks
        )
        return replace(result, points=override.points, tasks=settled, status="graded", reason=None)
    tasks = tuple(_task_with(task, override) for task in result.tasks)
    # What rules took from the total is the difference between the sum and the total.
    taken = result.earned_in_tasks - result.points
    # A part that is set over a whole may not lift that above what there is to be had.
    points = min(result.max_points, max(0.0, sum(task.points for task in tasks) - taken))
    changed = replace(result, points=points, tasks=tasks)
    if result.status == "grader_error" and not any(task.is_open for task in tasks):
        return replace(changed, status="graded", reason=None)
    return changed


def _task_with(task: TaskResult, override: Override) -> TaskResult:
    if task.id == override.target:
        return replace(_settled(task, override), points=override.points, in_total=False)
    if override.target not in {check.id for check in task.checks}:
        return task
    checks = tuple(
        _check_with(check, override) if check.id == override.target else check
        for check in task.checks
    )
    gained = sum(check.points for check in checks) - sum(check.points for check in task.checks)
    return replace(task, points=min(task.max_points, max(0.0, task.points + gained)), checks=checks)


def _check_with(check: CheckResult, override: Override) -> CheckResult:
    return replace(
        check,
        points=override.points,
        status="passed" if override.points >= check.max_points else "failed",
        message=f"Set by hand: {override.reason}",
        hint="",
    )


def _settled(task: TaskResult, override: Override) -> TaskResult:
    """Return a task of which no check is open any more, since its points are set as a whole."""
    message = f"Set by hand for all of it: {override.reason}"
    checks = tuple(
        replace(check, status="not_reached", message=message, hint="") if check.is_open else check
        for check in task.checks
    )
    return replace(task, checks=checks, undecided=False)
