"""Durations in a small, strict grammar, and back in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.examiner.durations import duration_words, read_duration


@pytest.mark.parametrize(
    ("text", "hours"),
    [("15 minutes", 0.25), ("1 hour", 1), ("1 day", 24), ("2 days", 48), ("1  week", 168)],
)
def test_a_number_and_a_unit(text: str, hours: float) -> None:
    assert read_duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "15",
        "day",
        "1.5 days",
        "-1 day",
        "1day",
        "1 month",
        "1 Day",
        "1 dayss",
        "99999 days",
        15,
    ],
)
def test_anything_else_is_none(value: object) -> None:
    assert read_duration(value) is None


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (0.01, "1 minute"),
        (61, "1 hour 1 minute"),
        (24 * 60, "1 day"),
        (3 * 24 * 60 + 2 * 60 + 5, "3 days 2 hours"),
    ],
)
def test_words_of_a_duration(minutes: float, words: str) -> None:
    assert duration_words(timedelta(minutes=minutes)) == words


@given(st.integers(1, 59), st.sampled_from(["minute", "hour", "day"]))
def test_words_are_read_back(count: int, unit: str) -> None:
    duration = read_duration(f"{count} {unit}s")
    assert duration is not None
    if unit == "minute" or count < 24 or unit == "day":
        assert read_duration(duration_words(duration)) == duration
