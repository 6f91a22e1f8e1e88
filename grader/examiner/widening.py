"""Examine a class again with other parts of its notebook, and say what counts then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from grader.protocol.jobs import ALL_BEFORE
from grader.report.result import CheckResult, TaskResult
from grader.submission.slices import Slice
from grader.submission.wider import wider


@dataclass(frozen=True)
class Checked:
    """What the checks made of a class.

    Attributes:
        tasks: their results, in the order of the assignment.
        touched: the methods that were seen to use what the assignment forbids.
        code: the slice that counts, which may be wider than the one that was asked about.
    """

    tasks: tuple[TaskResult, ...]
    touched: frozenset[str]
    code: Slice


def with_widening(code: Slice, examine: Callable[[Slice], Checked]) -> Checked:
    """Examine a class, with other slices where something is lost, and its rivals where it still is.

    For each task the slice counts with which it has most points: all of them are the student's. The
    widest that counts is returned with them. Of rivals, which are other classes, one counts as a
    whole.
    """
    checked = _widened(code, examine)
    for rival in code.rivals:
        # What never ends takes long, and its rivals may not end either.
        if not any(_lost(checked.tasks)) or _hangs(checked.tasks):
            break
        other = _widened(rival, examine)
        if _points(other) > _points(checked):
            checked = other
    return checked


def _widened(code: Slice, examine: Callable[[Slice], Checked]) -> Checked:
    checked = examine(code)
    for wide in wider(code) if any(_lost(checked.tasks)) else ():
        if not _is_worth_while(checked.tasks, wide):
            continue
        checked = _better_of(checked, examine(wide))
        if not any(_lost(checked.tasks)):
            break
    return checked


def _points(checked: Checked) -> float:
    return sum(task.points for task in checked.tasks)


def _hangs(tasks: Sequence[TaskResult]) -> bool:
    return any(check.evidence.get("failure") == "timed_out" for check in _lost(tasks))


def _better_of(narrow: Checked, wide: Checked) -> Checked:
    """Return each task as it has more points; where no task has more, what was there before."""
    pairs = list(zip(narrow.tasks, wide.tasks, strict=True))
    if not any(new.points > old.points for old, new in pairs):
        return narrow
    tasks = tuple(new if new.points > old.points else old for old, new in pairs)
    return Checked(tasks, narrow.touched | wide.touched, wide.code)


def _lost(tasks: Sequence[TaskResult]) -> Iterator[CheckResult]:
    return (c for task in tasks for c in task.checks if c.status in ("failed", "not_reached"))


def _is_worth_while(tasks: Sequence[TaskResult], wide: Slice) -> bool:
    """Tell whether more of the notebook may help.

    The class as it was trained, or with what may change it, counts wherever something is lost; all
    cells before it only where an exception says that something isn't as the class expects it.
    """
    return wide.width != ALL_BEFORE or any(
        check.evidence.get("exception") and not check.evidence.get("unwritten")
        for check in _lost(tasks)
    )
