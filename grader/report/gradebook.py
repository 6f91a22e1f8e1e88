"""gradebook.csv: a row a student, with points of every task and check, and flags."""

from __future__ import annotations

from collections.abc import Sequence

from grader.report.course import Entry, Identity
from grader.report.csv_write import Cell, points_cell, table, time_cell
from grader.report.plain import number
from grader.report.result import Result

_BEFORE = ("name", "student", "id", "email", "status", "points", "max_points")
_AFTER = ("submitted_utc", "flags", "reason")


def to_gradebook(entries: Sequence[Entry]) -> bytes:
    """The gradebook of a course; each member of a group has a row.

    Points that a grader error leaves open are empty cells, so that no sum takes them for zeros.
    """
    tasks: dict[str, None] = {}
    checks: dict[str, None] = {}
    for entry in entries:
        for task in entry.result.tasks:
            tasks[task.id] = None
            checks.update(dict.fromkeys(check.id for check in task.checks))
    header = (*_BEFORE, *tasks, *checks, *_AFTER)
    rows = [
        _row(entry, student, tuple(tasks), tuple(checks))
        for entry in entries
        for student in entry.students
    ]
    return table(header, rows, bom=True)


def flags(entry: Entry) -> tuple[str, ...]:
    """What a person should look at, in a few words each."""
    result = entry.result
    found: list[str] = [] if result.status == "graded" else [result.status]
    found += ["late"] * entry.late
    found += [f"couldn't be checked: {task}" for task in _unchecked(result)]
    found += [f"rule broken: {rule.id}" for rule in result.rules if rule.status == "broken"]
    if result.run.status not in ("completed", "not_run"):
        found.append(f"run {result.run.status}")
    found += ["training interrupted"] * (result.training.status == "interrupted")
    found += [
        f"set by hand: {override.target} {number(override.points)} ({override.reason})"
        + (f", by {override.by}" if override.by else "")
        for override in entry.overrides
    ]
    return (*found, *entry.notes)


def _unchecked(result: Result) -> tuple[str, ...]:
    """The tasks that lost a check by what confinement refused, which says nothing of the method."""
    return tuple(
        task.id
        for task in result.tasks
        if any(c.status == "failed" and c.evidence.get("refused") for c in task.checks)
    )


def _row(
    entry: Entry, student: Identity, tasks: Sequence[str], checks: Sequence[str]
) -> list[Cell]:
    result = entry.result
    by_task: dict[str, float | None] = {}
    by_check: dict[str, float | None] = {}
    for task in result.tasks:
        is_open = any(check.status == "grader_error" for check in task.checks)
        by_task[task.id] = None if is_open else task.points
        for check in task.checks:
            by_check[check.id] = None if check.status == "grader_error" else check.points
    # Nothing can be said of the tasks of a notebook whose points were set by hand as a whole.
    missing = 0.0 if result.status == "ungradable" else None
    total = None if result.status == "grader_error" else result.points
    return [
        entry.name,
        student.name,
        student.id,
        student.email,
        result.status,
        points_cell(total),
        points_cell(result.max_points),
        *(points_cell(by_task.get(task, missing)) for task in tasks),
        *(points_cell(by_check.get(check, missing)) for check in checks),
        time_cell(entry.submitted),
        "; ".join(flags(entry)),
        result.reason or "",
    ]
