"""The curve of losses: within its picture, with gaps, for whatever losses there are."""

from __future__ import annotations

import re

import pytest

from grader.report.curve import loss_curve, some_of


def test_curve_has_gaps_and_stays_in_the_picture() -> None:
    curve = loss_curve([550.0, 400.0, None, float("nan"), 210.0, 205.0])
    assert curve is not None
    assert curve.count("<polyline") == 2
    numbers = re.findall(r'points="([^"]*)"', curve)
    for point in " ".join(numbers).split():
        across, down = map(float, point.split(","))
        assert 0 <= across <= 640
        assert 0 <= down <= 240
    assert "from 550 at the first to 205 at the last" in curve


@pytest.mark.parametrize("losses", [[], [1.0], [None, None], [float("inf")] * 3])
def test_no_curve_without_two_losses(losses: list[float | None]) -> None:
    assert loss_curve(losses) is None


def test_level_losses_make_a_level_curve() -> None:
    assert "nan" not in str(loss_curve([3.0, 3.0, 3.0]))


def test_some_losses_have_the_first_and_the_last() -> None:
    some = some_of([float(step) for step in range(50)])
    assert (some[0], some[-1], len(some)) == ((0, 0.0), (49, 49.0), 13)
    assert some_of([1.0, None]) == [(0, 1.0), (1, None)]
    assert some_of([]) == []
