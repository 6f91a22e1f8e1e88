"""Whether a class is examined again with more of its notebook, and what counts then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from grader.report.result import CheckResult, TaskResult
from grader.submission.slicer import WITH_DOUBTFUL
from grader.submission.slices import Slice
from grader.submission.wider import wider

Checked = tuple[tuple[TaskResult, ...], frozenset[str]]
"""The tasks, and the methods that were seen to use `torch.distributions`."""


def with_widening(code: Slice, examined: Callable[[Slice], Checked]) -> tuple[Checked, Slice]:
    """What comes of examining the class, with wider slices where something is lost.

    For each task the slice counts with which it has most points: all of them are the student's. The
    widest that counts is returned, too.
    """
    tasks, touched = examined(code)
    used = code
    for more in wider(code) if any(_lost(tasks)) else ():
        if not _is_worth_while(tasks, more):
            continue
        others, seen = examined(more)
        pairs = list(zip(tasks, others, strict=True))
        if any(other.points > task.points for task, other in pairs):
            tasks = tuple(o if o.points > t.points else t for t, o in pairs)
            touched |= seen
            used = more
        if not any(_lost(tasks)):
            break
    return (tasks, touched), used


def _lost(tasks: Sequence[TaskResult]) -> Iterator[CheckResult]:
    return (c for task in tasks for c in task.checks if c.status in ("failed", "not_reached"))


def _is_worth_while(tasks: Sequence[TaskResult], more: Slice) -> bool:
    """Whether more of the notebook may help.

    What may change the class counts wherever something is lost; all cells before it only where an
    exception says that something isn't as the class expects it.
    """
    return more.width == WITH_DOUBTFUL or any(
        check.evidence.get("exception") and not check.evidence.get("unwritten")
        for check in _lost(tasks)
    )
