"""Lay the points that an instructor set by hand over the results of a course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.course.overrides import OverrideRequest
from grader.report.course import TOTAL, Entry, Override
from grader.report.result import CheckResult, Result, TaskResult


def apply_overrides(
    entries: Sequence[Entry], requests: Sequence[OverrideRequest]
) -> tuple[tuple[Entry, ...], list[str], list[str]]:
    """Return the entries with the overrides laid over them, notices, and which don't apply.

    Not applied is an override that fits no student, no task or no check. One that changes nothing,
    or whose ``was`` isn't what the result has now, is applied and gets a notice.
    """
    notices: list[str] = []
    unapplied: list[str] = []
    by_entry: dict[int, list[OverrideRequest]] = {}
    for request in requests:
        fitting = [at for at, entry in enumerate(entries) if _is_for(request, entry)]
        if len(fitting) == 1:
            by_entry.setdefault(fitting[0], []).append(request)
        else:
            why = "there is no such student" if not fitting else "several students are called so"
            unapplied.append(f"{request.title} is not applied: {why}.")
    changed = []
    for at, entry in enumerate(entries):
        # From the smallest part to the whole, so that the whole has the last word.
        order = sorted(by_entry.get(at, []), key=lambda w: (w.target == TOTAL, "." not in w.target))
        for request in order:
            try:
                entry, stale = _applied(entry, request)
            except KeyError:
                why = _why_not(entry.result, request)
                unapplied.append(f"{request.title} is not applied: {why}.")
                continue
            notices += stale
        changed.append(entry)
    return tuple(changed), notices, unapplied


def _why_not(result: Result, request: OverrideRequest) -> str:
    if result.tasks:
        return f"the result has no '{request.target}'"
    return f"nothing of this student's could be graded, so only '{TOTAL}' can be set there"


def _is_for(request: OverrideRequest, entry: Entry) -> bool:
    names = ((student.name, student.id, student.email) for student in entry.students)
    return request.student == entry.name or any(request.student in known for known in names)


def _applied(entry: Entry, request: OverrideRequest) -> tuple[Entry, list[str]]:
    """Return the entry with one override, and what is stale about it.

    Raises:
        KeyError: the result has no such task or check.
    """
    result = entry.result
    before = _points_of(result, request.target)
    notices = []
    if request.was is not None and abs(request.was - before) > 1e-9:
        notices.append(
            f"{request.title} is stale: it was made for {request.was:g} points, now it is "
            f"{before:g}. It is applied all the same."
        )
    elif request.points == before and not _is_open(result, request.target):
        notices.append(f"{request.title} changes nothing: the grader gives {before:g} points too.")
    earlier = [override for override in entry.overrides if override.target == request.target]
    if earlier:
        notices.append(f"{request.title} replaces an earlier one ({earlier[-1].points:g} points).")
    override = Override(request.target, request.points, request.reason, before, request.by)
    return replace(
        entry, result=_with(result, override), overrides=(*entry.overrides, override)
    ), notices


def _points_of(result: Result, target: str) -> float:
    if target == TOTAL:
        return result.points
    return {part.id: part.points for part in result.tasks_and_checks}[target]


def _is_open(result: Result, target: str) -> bool:
    is_part_open = any(
        part.is_open for part in result.tasks_and_checks if target in (TOTAL, part.id)
    )
    return is_part_open or (target == TOTAL and result.status != "graded")


def _with(result: Result, override: Override) -> Result:
    """Return the result with other points in one place, and sums that fit."""
    if override.target == TOTAL:
        settled = tuple(_settled(task, override) for task in result.tasks)
        return replace(result, points=override.points, tasks=settled, status="graded", reason=None)
    tasks = tuple(_task_with(task, override) for task in result.tasks)
    # What rules took from the total is the difference between the sum and the total.
    taken = sum(task.points for task in result.tasks) - result.points
    points = max(0.0, sum(task.points for task in tasks) - taken)
    changed = replace(result, points=points, tasks=tasks)
    if result.status == "grader_error" and not any(task.is_open for task in tasks):
        return replace(changed, status="graded", reason=None)
    return changed


def _task_with(task: TaskResult, override: Override) -> TaskResult:
    if task.id == override.target:
        return replace(_settled(task, override), points=override.points)
    if override.target not in {check.id for check in task.checks}:
        return task
    checks = tuple(
        _check_with(check, override) if check.id == override.target else check
        for check in task.checks
    )
    gained = sum(check.points for check in checks) - sum(check.points for check in task.checks)
    return replace(task, points=task.points + gained, checks=checks)


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
    return replace(task, checks=checks)
