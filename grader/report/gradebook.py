"""gradebook.csv: a row a student, with points of every task and check, and flags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from grader.report.course import Arrival, Entry, is_total_set
from grader.report.csv_write import Cell, csv_lines, points_cell, time_cell
from grader.report.result import Result
from grader.report.words import counted, moment_words, number

_BEFORE = ("name", "student", "id", "email", "status", "points", "final_points", "max_points")
_AFTER = ("submitted_utc", "flags", "reason")


@dataclass(frozen=True)
class Columns:
    """The tasks and checks that have columns, by id, collected while results pass by."""

    tasks: dict[str, None] = field(default_factory=dict)
    checks: dict[str, None] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Add those of a result that are new."""
        self.tasks.update(dict.fromkeys(task.id for task in result.tasks))
        self.checks.update(dict.fromkeys(check.id for check in result.checks))

    @property
    def all(self) -> tuple[str, ...]:
        """All tasks, and then all checks."""
        return (*self.tasks, *self.checks)


def to_gradebook(entries: Sequence[Entry]) -> bytes:
    """Return the gradebook of a course; see `gradebook_lines`."""
    columns = Columns()
    for entry in entries:
        columns.add(entry.result)
    return b"".join(gradebook_lines(entries, columns))


def gradebook_lines(entries: Iterable[Entry], columns: Columns) -> Iterator[bytes]:
    """Yield the gradebook of a course line by line; each member of a group has a row.

    Points that are open are empty cells, so that no sum takes them for zeros. ``final_points`` are
    those that go out: less than ``points`` for who was late.

    Args:
        entries: the course; one pass.
        columns: those of its results.
    """
    yield from csv_lines((*_BEFORE, *columns.all, *_AFTER), _rows(entries, columns.all), bom=True)


def _rows(entries: Iterable[Entry], parts: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    for entry in entries:
        result = entry.result
        total, *points = map(points_cell, known_points(result, parts))
        before = (
            result.status,
            total,
            points_cell(entry.counting_points),
            points_cell(result.max_points),
        )
        after = (time_cell(entry.submitted), "; ".join(flags(entry)), result.reason or "")
        for student in entry.students:
            yield entry.name, student.name, student.id, student.email, *before, *points, *after


def flags(entry: Entry) -> tuple[str, ...]:
    """Return what a person should look at, in a few words each: what needs one most comes first."""
    result = entry.result
    interrupted = result.training.status == "interrupted"
    broken = sorted(result.broken_rules, key=lambda rule: rule.is_free)
    is_by_hand = is_total_set(entry)
    return (
        *([] if result.status == "graded" else [result.status]),
        *(f"couldn't be checked: {task}" for task in _unchecked(result)),
        *([] if result.run.status in ("completed", "not_run") else [f"run {result.run.status}"]),
        *(["training interrupted"] if interrupted else []),
        *(
            f"set by hand: {override.target} {number(override.points)} ({override.reason})"
            + (f", by {override.by}" if override.by else "")
            for override in entry.overrides
        ),
        *(f"to be graded by hand: {task.id}" for task in result.tasks if task.undecided),
        *(f"appeal about {it.target}: {it.status}" for it in entry.appeals),
        *([] if is_by_hand else _kept(result)),
        *([_arrival(entry.arrival)] if entry.arrival else []),
        *(["late"] if entry.late else []),
        *([f"late: {counted(entry.lateness.points)} off"] if entry.lateness else []),
        *entry.notes,
        *(
            f"rule broken: {rule.id}"
            + (f", {counted(rule.cost)} off" if rule.cost and not is_by_hand else "")
            for rule in broken
        ),
    )


def _arrival(arrival: Arrival) -> str:
    reason = f" ({arrival.reason})" if arrival.reason else ""
    by = f", by {arrival.by}" if arrival.by else ""
    return f"set by hand: handed in {moment_words(arrival.moment)}{reason}{by}"


def _kept(result: Result) -> list[str]:
    """Return that an earlier total counts, since the last grading gave less."""
    other = result.other_grading
    if other is None or other.counts:
        return []
    lower = f"{number(other.points)} of {number(other.max_points)}"
    return [f"earlier total kept: the last grading gave {lower}"]


def _unchecked(result: Result) -> tuple[str, ...]:
    """Return the tasks that lost a check by what confinement refused: it says nothing of them."""
    return tuple(
        task.id
        for task in result.tasks
        if any(check.status == "failed" and check.evidence.get("refused") for check in task.checks)
    )


def known_points(result: Result, parts: Sequence[str]) -> tuple[float | None, ...]:
    """Return the points of a result and of tasks and checks, by id; None where they are open."""
    points = {
        **{
            task.id: None if task.is_open or task.in_total else task.points for task in result.tasks
        },
        **{check.id: None if check.is_open else check.points for check in result.checks},
    }
    # Nothing can be said of the tasks of a notebook whose points were set by hand as a whole.
    missing = 0.0 if result.status == "ungradable" else None
    total = None if result.has_open_points else result.points
    return (total, *(points.get(part, missing) for part in parts))
