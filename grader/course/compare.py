"""Changes of points between two gradings of a course, and the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from grader.course.contents import Contents
from grader.course.folder_contents import FolderContents
from grader.course.history import results_in
from grader.course.store import RESULTS
from grader.course.store_kind import contents_of, kind_of
from grader.errors import UnusableError
from grader.report.csv_write import points_cell, to_csv
from grader.report.from_json import from_json
from grader.report.result import CheckResult, Result
from grader.report.words import number

_STATUS = {"graded": "graded", "ungradable": "ungradable", "grader_error": "a grader error"}
_HEADER = ("name", "student", "before", "max_before", "after", "max_after", "why")


class CompareError(UnusableError):
    """A folder of results can't be read; says why and what to do."""


@dataclass(frozen=True)
class Standing:
    """What a student had or has."""

    student: str
    points: float
    max_points: float
    status: str


@dataclass(frozen=True)
class Change:
    """One student whose points or status changed; None stands for a result that isn't there."""

    name: str
    before: Standing | None
    after: Standing | None
    reasons: tuple[str, ...]


class KeptResults(Mapping[str, Result]):
    """Results by name, sorted, each of which is read when it is asked for."""

    def __init__(self, contents: Contents, paths: Mapping[str, PurePath]) -> None:
        """Take contents, and where the result of each name is in them."""
        self._contents = contents
        self._paths = dict(sorted(paths.items()))

    def __getitem__(self, name: str) -> Result:
        """Return the result of that name.

        Raises:
            CompareError: it can't be read.
            KeyError: there is none.
        """
        path = self._paths[name]
        try:
            return from_json(self._contents.read(path))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            place = self._contents.place(path)
            raise CompareError(f"{place} can't be read: {why}. Grade the course again.") from error

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._paths)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._paths)


def read_results(folder: Path) -> KeptResults:
    """Return the results in a folder that `grade FOLDER --out` wrote, of whichever kind.

    Raises:
        CompareError: there are none.
    """
    contents, inner = contents_of(folder), RESULTS
    if kind_of(folder) is None and not (folder / RESULTS).is_dir():  # that of the results itself
        contents, inner = FolderContents(folder), Path()
    names = results_in(contents, inner)
    if not names:
        raise CompareError(f"There are no results in {folder}: give a folder of a grading.")
    return KeptResults(contents, {name: inner / f"{name}.json" for name in names})


def compare(old: Mapping[str, Result], new: Mapping[str, Result]) -> tuple[Change, ...]:
    """Return the students for whom something changed, sorted by name; each result is read once."""
    changes = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            why = "graded before, but not now" if after is None else "not graded before"
            changes.append(Change(name, _standing(before), _standing(after), (why,)))
        elif _grade(before) != _grade(after):
            reasons = _reasons(before, after)
            changes.append(Change(name, _standing(before), _standing(after), reasons))
    return tuple(changes)


def _standing(result: Result | None) -> Standing | None:
    if result is None:
        return None
    student = result.submission.student
    return Standing(student, result.points, result.max_points, result.status)


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
        return f"No points changed among {total} {'student' if total == 1 else 'students'}.\n"
    lines = [f"{len(changes)} of {total} students changed."]
    for change in changes:
        lines += ["", f"{change.name}  {_points(change.before)} -> {_points(change.after)}"]
        lines += [f"  {reason}" for reason in change.reasons]
    return "\n".join(lines) + "\n"


def _points(had: Standing | None) -> str:
    return "none" if had is None else f"{number(had.points)} of {number(had.max_points)}"


def changes_to_csv(changes: tuple[Change, ...]) -> bytes:
    """Return the changes as a table: a row a student, with points before and after, and why."""
    rows = (
        (it.name, _student(it), *_cells(it.before), *_cells(it.after), "; ".join(it.reasons))
        for it in changes
    )
    return to_csv(_HEADER, rows, bom=True)


def _student(change: Change) -> str:
    either = change.after or change.before
    return either.student if either else ""


def _cells(had: Standing | None) -> tuple[float | int | None, float | int | None]:
    """Return points and maximum; the former are empty where they are open."""
    if had is None:
        return None, None
    is_open = had.status == "grader_error"
    return points_cell(None if is_open else had.points), points_cell(had.max_points)
