"""What ends when a submission hangs, and when it gives way to others."""

from __future__ import annotations

import time

import pytest

from grader.examiner.pace import HURRIED_SECONDS, GivesWayError, Pace

LONG_AGO = HURRIED_SECONDS + 1


def test_nothing_ends_before_anything_has_hung() -> None:
    pace = Pace()
    assert not pace.is_over(time.monotonic() - LONG_AGO)
    pace.require_way()


def test_where_something_hangs_the_rest_has_a_little_time() -> None:
    pace = Pace()
    pace.hurry()
    assert not pace.is_over(time.monotonic())
    assert pace.is_over(time.monotonic() - LONG_AGO)
    pace.require_way()


def test_what_gave_way_ends_at_once() -> None:
    pace = Pace(gives_way=True)
    error = pace.give_way()
    assert isinstance(error, GivesWayError)
    assert pace.is_over(time.monotonic())
    with pytest.raises(GivesWayError):
        pace.require_way()
