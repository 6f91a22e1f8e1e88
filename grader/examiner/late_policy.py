"""What handing in late costs, as `late:` in the rubric says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from grader.examiner.durations import read_duration
from grader.moments import read_moment

_ALL_PERCENT = 100.0


@dataclass(frozen=True)
class LatePolicy:
    """What each step of lateness costs.

    Attributes:
        due: until when it may be handed in; None where that stands elsewhere.
        grace: lateness that costs nothing.
        step: the length of a step; one that has begun counts.
        percent: what a step costs, of the maximum of points; None where it is `points`.
        points: what a step costs; None where it is `percent`.
        cap: the most that all steps cost, in the unit in which one does; None for no such limit.
    """

    due: datetime | None
    grace: timedelta
    step: timedelta
    percent: float | None
    points: float | None
    cap: float | None


class LateEntry(BaseModel):
    """`late:` as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    due: Any = None
    grace: Any = "0 minutes"
    step: Any
    percent: float | None = Field(None, strict=True)
    points: float | None = Field(None, strict=True)
    cap: float | None = Field(None, strict=True)


def late_problems(entry: LateEntry) -> Iterator[tuple[str, str]]:
    """Yield the key of each value that can't be, and what is wrong with it."""
    if entry.due is not None and read_moment(entry.due) is None:
        yield (
            "due",
            "'due' must be a time such as 2026-12-01 23:59, with a zone behind it if it isn't "
            "this machine's: +01:00, UTC or Europe/Berlin.",
        )
    for key in ("grace", "step"):
        duration = read_duration(getattr(entry, key))
        if duration is None:
            yield (
                key,
                f"'{key}' must be a whole number of minutes, hours, days or weeks, such as "
                f"{'15 minutes' if key == 'grace' else '1 day'}.",
            )
        elif key == "step" and not duration:
            yield key, "'step' must be longer than 0."
    if (entry.percent is None) == (entry.points is None):
        yield "", "give what a step costs, either as 'percent' or as 'points'."
        return
    key, cost = ("points", entry.points) if entry.percent is None else ("percent", entry.percent)
    most = float("inf") if entry.percent is None else _ALL_PERCENT
    assert cost is not None
    if not (0 < cost <= most and cost < float("inf")):
        yield key, f"'{key}' is {cost:g}; give more than 0{_up_to(most)}."
    elif entry.cap is not None and not (cost <= entry.cap <= most and entry.cap < float("inf")):
        yield (
            "cap",
            f"'cap' is {entry.cap:g}; give at least the {cost:g} that one step costs"
            f"{_up_to(most)}.",
        )


def _up_to(most: float) -> str:
    return f", and at most {most:g}" if most == _ALL_PERCENT else ""


def late_policy(entry: LateEntry) -> LatePolicy:
    """Return the policy of an entry in which nothing is wrong."""
    grace, step = read_duration(entry.grace), read_duration(entry.step)
    assert grace is not None
    assert step is not None
    due = read_moment(entry.due)
    return LatePolicy(due, grace, step, entry.percent, entry.points, entry.cap)
