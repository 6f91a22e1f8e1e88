"""Times as nbgrader and Gradescope write them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.platforms.times import read_time


@pytest.mark.parametrize(
    ("text", "hour", "microsecond"),
    [
        ("2026-01-02 03:04:05 UTC", 3, 0),
        ("2026-01-02 03:04:05.678900 UTC\n", 3, 678900),
        ("2026-01-02 03:04:05.000000000 Z", 3, 0),
        ("2026-01-02T03:04:05.5", 3, 500_000),
        ("2026-01-02 03:04:05 Europe/Rome", 2, 0),
        ("2026-01-02 03:04:05+02:00", 1, 0),
        ("2026-01-02 03:04:05 -0200", 5, 0),
    ],
)
def test_a_moment_is_read_in_utc(text: str, hour: int, microsecond: int) -> None:
    assert read_time(text) == datetime(2026, 1, 2, hour, 4, 5, microsecond, timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "None",
        "yesterday",
        "2026-01-02",
        "2026-13-02 03:04:05",
        "2026-01-02 03:04:05 CST",
        "2026-01-02 03:04:05 Nowhere/Atall",
        "2026-01-02 03:04:05 ../../etc/passwd",
        "2026-01-02 03:04:05 /etc/passwd",
        "2026-01-02 03:04:05+99:99",
        "0001-01-01 00:00:00+12:00",
    ],
)
def test_what_names_no_moment_is_none(text: str) -> None:
    assert read_time(text) is None


@given(
    st.text() | st.text("0123456789-: .TZ+/abc\x00", max_size=40).map("2026-01-02 03:04:05".__add__)
)
def test_no_text_is_an_error(text: str) -> None:
    moment = read_time(text)
    assert moment is None or moment.tzinfo is timezone.utc
