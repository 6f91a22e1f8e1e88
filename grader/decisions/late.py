"""What a late submission loses: computed when grades are given out, and stored in no result.

Lateness counts from the due time on, but costs nothing before the grace is over; from then on each
step that has begun costs the same. Percent are of the maximum, not of what was earned: a day costs
everybody as much, and a student can tell beforehand how much that is. No total falls below 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.examiner.durations import duration_words
from grader.examiner.late_policy import LatePolicy
from grader.report.words import counted, number

_DIGITS = 6


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
