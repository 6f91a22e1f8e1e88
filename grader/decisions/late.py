"""What a late submission loses: computed when grades are given out, and stored in no result.

Lateness counts from the due time on, but costs nothing before the grace is over; from then on each
step that has begun costs the same. Percent are of the maximum, not of what was earned: a day costs
everybody as much, and a student can tell beforehand how much that is. No total falls below 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.decisions.decision import Decision
from grader.examiner.durations import duration_words
from grader.examiner.late_policy import LatePolicy
from grader.platforms.names import listed
from grader.report.course import Entry
from grader.report.words import counted, number

_DIGITS = 6
_MOST_NAMED = 5
"""Of those of whom it isn't known when they handed in."""


@dataclass(frozen=True)
class Penalty:
    """What a late submission loses.

    Attributes:
        points: how many it loses.
        steps: how many steps of lateness have begun.
        late_by: how late it is, counted from the due time.
        words: that in sentences for the student.
    """

    points: float
    steps: int
    late_by: timedelta
    words: str


def penalty(
    policy: LatePolicy,
    due: datetime | None,
    submitted: datetime | None,
    points: float,
    max_points: float,
) -> Penalty | None:
    """Return what a submission loses; None if it isn't late, or that isn't known.

    Args:
        policy: what lateness costs.
        due: until when these students could hand in; None where no time was set.
        submitted: when it came; None if nobody knows.
        points: what it earned.
        max_points: what it could have earned.
    """
    if due is None or submitted is None or submitted - due <= policy.grace:
        return None
    late_by = submitted - due
    steps = -(-late_by // policy.step)
    cost = steps * (policy.percent or policy.points or 0.0)
    cap = policy.cap if policy.cap is not None and cost > policy.cap else None
    share = 1.0 if policy.percent is None else max_points / 100
    lost = min(round((cost if cap is None else cap) * share, _DIGITS), points)
    each = f"Each step of {duration_words(policy.step)} that has begun costs {_cost(policy)}"
    limit = "" if cap is None else f", and at most {_cost(policy, cap)} in all"
    begun = "1 step has" if steps == 1 else f"{steps} steps have"
    words = (
        f"Handed in {duration_words(late_by)} late. {each}{limit}. "
        f"{begun} begun: {counted(lost)} less."
    )
    return Penalty(lost, steps, late_by, words)


def _cost(policy: LatePolicy, cost: float | None = None) -> str:
    """Return a cost, or else that of a step, in words."""
    if policy.percent is not None:
        return f"{number(policy.percent if cost is None else cost)} % of the maximum"
    return counted((policy.points or 0.0) if cost is None else cost)


def on_deadlines(
    untimed: Sequence[Entry], count: int, decisions: Sequence[Decision], policy: LatePolicy | None
) -> list[str]:
    """Return where being late costs nothing, though somebody may count on it.

    ``untimed`` are those of all that count of whom it isn't known when they handed in.
    """
    if policy is None:
        does = [(it.title, "moves a deadline") for it in decisions if it.due]
        does += [(it.title, "says when it was handed in") for it in decisions if it.submitted]
        return [f"{title} {what}, but the rubric has no 'late:'." for title, what in does]
    if not untimed:
        return []
    marked = sum(entry.late for entry in untimed)
    platform_words = f" The platform marks {marked} of them as late." if marked else ""
    return [
        f"When {len(untimed)} of {count} handed in isn't known, so nothing is taken off for being "
        f"late: {listed([entry.called for entry in untimed], _MOST_NAMED)}.{platform_words}"
    ]
