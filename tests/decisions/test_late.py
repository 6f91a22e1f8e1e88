"""What lateness costs: nothing on time, more the later, and never more than there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.decisions.late import penalty
from grader.examiner.late_policy import LatePolicy

DUE = datetime(2026, 12, 1, 22, 59, tzinfo=timezone.utc)
DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
TEN_PERCENT = LatePolicy(DUE, QUARTER, DAY, 10.0, None, 50.0)
TWO_POINTS = LatePolicy(DUE, timedelta(0), DAY, None, 2.0, 6.0)

lengths = st.timedeltas(timedelta(minutes=1), timedelta(days=30))
costs = st.floats(0.01, 100)


@st.composite
def policies(draw: st.DrawFn) -> LatePolicy:
    cost = draw(costs)
    percent, points = draw(st.sampled_from([(cost, None), (None, cost)]))
    cap = draw(st.none() | st.floats(cost, 100))
    return LatePolicy(DUE, draw(lengths), draw(lengths), percent, points, cap)


def lost(policy: LatePolicy, late_by: timedelta, points: float = 45, most: float = 60) -> float:
    found = penalty(policy, DUE, DUE + late_by, points, most)
    return found.points if found else 0.0


@pytest.mark.parametrize(
    ("late_by", "steps", "points"),
    [
        (timedelta(0), None, 0),
        (QUARTER, None, 0),
        (QUARTER + timedelta(seconds=1), 1, 6),
        (DAY, 1, 6),
        (DAY + timedelta(seconds=1), 2, 12),
        (4.5 * DAY, 5, 30),
        (9 * DAY, 9, 30),
    ],
)
def test_each_step_that_has_begun_counts(
    late_by: timedelta, steps: int | None, points: float
) -> None:
    found = penalty(TEN_PERCENT, DUE, DUE + late_by, 45, 60)
    assert (found.steps if found else None) == steps
    assert (found.points if found else 0) == points


def test_points_for_a_step() -> None:
    assert [lost(TWO_POINTS, days * DAY) for days in (0.5, 2, 3, 9)] == [2, 4, 6, 6]
    assert lost(TWO_POINTS, 2 * DAY, points=3) == 3


def test_the_words_are_for_the_student() -> None:
    found = penalty(TEN_PERCENT, DUE, DUE + 1.25 * DAY, 45, 60)
    assert found is not None
    assert found.words == (
        "Handed in 1 day 6 hours late. Each step of 1 day that has begun costs 10 % of the "
        "maximum. 2 steps have begun: 12 points less."
    )
    found = penalty(TWO_POINTS, DUE, DUE + 9 * DAY, 45, 60)
    assert found is not None
    assert found.words == (
        "Handed in 9 days late. Each step of 1 day that has begun costs 2 points, and at most 6 "
        "points in all. 9 steps have begun: 6 points less."
    )


def test_what_is_not_known_costs_nothing() -> None:
    assert penalty(TEN_PERCENT, None, DUE + DAY, 45, 60) is None
    assert penalty(TEN_PERCENT, DUE, None, 45, 60) is None


def test_another_due_time_moves_all() -> None:
    moved = penalty(TEN_PERCENT, DUE + 2 * DAY, DUE + 2 * DAY, 45, 60)
    assert moved is None


@given(policies(), lengths, lengths)
def test_later_never_costs_less(policy: LatePolicy, one: timedelta, more: timedelta) -> None:
    assert lost(policy, one) <= lost(policy, one + more)


@given(policies(), st.timedeltas(-timedelta(days=30), timedelta(days=60)))
def test_nothing_is_lost_before_the_grace_is_over(policy: LatePolicy, late_by: timedelta) -> None:
    found = penalty(policy, DUE, DUE + late_by, 45, 60)
    assert (found is None) == (late_by <= policy.grace)


@given(policies(), lengths, st.floats(0, 60))
def test_nobody_loses_more_than_there_is(
    policy: LatePolicy, late_by: timedelta, points: float
) -> None:
    assert 0 <= lost(policy, late_by, points) <= points
    if policy.cap is not None:
        share = 60 / 100 if policy.points is None else 1
        assert lost(policy, late_by, points) <= policy.cap * share + 1e-5


@given(policies(), st.integers(1, 20))
def test_a_step_begins_right_after_the_one_before(policy: LatePolicy, steps: int) -> None:
    without_grace = replace(policy, grace=timedelta(0))
    end = DUE + steps * policy.step
    before = penalty(without_grace, DUE, end, 45, 60)
    after = penalty(without_grace, DUE, end + timedelta(microseconds=1), 45, 60)
    assert before is not None
    assert after is not None
    assert (before.steps, after.steps) == (steps, steps + 1)


@given(policies(), lengths, st.sampled_from([-11, -3, 1, 5, 13]))
def test_the_zone_of_a_time_does_not_matter(
    policy: LatePolicy, late_by: timedelta, hours: int
) -> None:
    elsewhere = timezone(timedelta(hours=hours))
    submitted = DUE + late_by
    assert penalty(policy, DUE, submitted, 45, 60) == penalty(
        policy, DUE.astimezone(elsewhere), submitted.astimezone(elsewhere), 45, 60
    )
