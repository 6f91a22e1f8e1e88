"""Changes of points between two gradings of a course, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UnusableError
from grader.report.csv_write import points_cell, to_csv
from grader.report.from_json import from_json
from grader.report.result import CheckResult, Result
from grader.report.words import number, points_words

_STATUS = {"graded": "graded", "ungradable": "ungradable", "grader_error": "a grader error"}
_HEADER = ("name", "student", "before", "max_before", "after", "max_after", "why")


class CompareError(UnusableError):
    """A folder of results can't be read; says why and what to do."""


@dataclass(frozen=True)
class Change:
    """One student whose points or status changed; None stands for a result that isn't there."""

    name: str
    before: Result | None
    after: Result | None
    reasons: tuple[str, ...]


def read_results(folder: Path) -> dict[str, Result]:
    """Return the results in a folder that `grade FOLDER --out` wrote: name -> result, sorted.

    Raises:
        CompareError: there are none, or one can't be read.
    """
    inner = folder / "results" if (folder / "results").is_dir() else folder
    results = {path.stem: read_result(path) for path in sorted(inner.glob("*.json"))}
    if not results:
        raise CompareError(f"There are no results in {folder}: give a folder of a grading.")
    return results


def read_result(path: Path) -> Result:
    """Return the result in a file.

    Raises:
        CompareError: it can't be read.
    """
    try:
        return from_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CompareError(f"{path} can't be read: {error}.") from error


def compare(old: Mapping[str, Result], new: Mapping[str, Result]) -> tuple[Change, ...]:
    """Return the students for whom something changed, sorted by name."""
    changes = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            why = "graded before, but not now" if after is None else "not graded before"
            changes.append(Change(name, before, after, (why,)))
        elif _grade(before) != _grade(after):
            changes.append(Change(name, before, after, _reasons(before, after)))
    return tuple(changes)


def _grade(result: Result) -> tuple[object, ...]:
    return round(result.points, 6), round(result.max_points, 6), result.status


def _reasons(before: Result, after: Result) -> tuple[str, ...]:
    reasons = []
    if before.submission.sha256 != after.submission.sha256:
        reasons.append("the notebook is another one")
    if before.status != after.status:
        why = f": {after.reason}" if after.reason else ""
        reasons.append(f"it was {_STATUS[before.status]}, now it is {_STATUS[after.status]}{why}")
    old, new = ({check.id: check for check in result.checks} for result in (before, after))
    for check in old | new:
        reason = _check_reason(old.get(check), new.get(check))
        if reason:
            reasons.append(f"{check}: {reason}")
    known = {rule.id: rule for rule in before.rules}
    for rule in after.rules:
        was = known.get(rule.id, rule)
        if (was.status, was.consequence) != (rule.status, rule.consequence):
            reason = f"rule {rule.id}: {was.status} -> {rule.status}. {rule.consequence}"
            reasons.append(reason.strip())
    return tuple(reasons)


def _check_reason(old: CheckResult | None, new: CheckResult | None) -> str:
    """Return why a check's points differ; "" if they don't."""
    if old is None or new is None:
        there = new or old
        assert there is not None
        if not there.points:
            return ""
        word = "counted before, but not now" if new is None else "not counted before"
        return f"{word} ({number(there.points)} points)"
    if round(old.points - new.points, 6) == 0:
        return ""
    parts = [f"{number(old.points)} -> {number(new.points)} points"]
    if old.max_points != new.max_points:
        parts.append(f"it is worth {number(new.max_points)} instead of {number(old.max_points)}")
    if old.status != new.status:
        parts.append(f"{old.status} -> {new.status}".replace("_", " "))
    if new.message and new.message != old.message:
        parts.append(new.message)
    return "; ".join(parts)


def to_text(changes: tuple[Change, ...], total: int) -> str:
    """Return the changes for a terminal: a line a student, and the reasons below it."""
    if not changes:
        return f"No points changed among {total} students.\n"
    lines = [f"{len(changes)} of {total} students changed."]
    for change in changes:
        lines += ["", f"{change.name}  {_points(change.before)} -> {_points(change.after)}"]
        lines += [f"  {reason}" for reason in change.reasons]
    return "\n".join(lines) + "\n"


def _points(result: Result | None) -> str:
    return "none" if result is None else points_words(result)


def changes_to_csv(changes: tuple[Change, ...]) -> bytes:
    """Return the changes as a table: a row a student, with points before and after, and why."""
    rows = (
        (it.name, _student(it), *_cells(it.before), *_cells(it.after), "; ".join(it.reasons))
        for it in changes
    )
    return to_csv(_HEADER, rows, bom=True)


def _student(change: Change) -> str:
    result = change.after or change.before
    return result.submission.student if result else ""


def _cells(result: Result | None) -> tuple[float | int | None, float | int | None]:
    """Return points and maximum; the former are empty where they are open."""
    if result is None:
        return None, None
    is_open = result.status == "grader_error"
    return points_cell(None if is_open else result.points), points_cell(result.max_points)
