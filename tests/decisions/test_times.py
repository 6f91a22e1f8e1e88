"""Times as people write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from grader.decisions.times import read_time


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-12-31 23:59", "2026-12-31 23:59:00"),
        ("2026-12-31T23:59:30", "2026-12-31 23:59:30"),
        (" 2026-12-31 ", "2026-12-31 23:59:59"),
        (date(2026, 12, 31), "2026-12-31 23:59:59"),
        (datetime(2026, 12, 31, 8), "2026-12-31 08:00:00"),
    ],
)
def test_a_time_without_a_zone_is_of_this_machine(value: object, text: str) -> None:
    read = read_time(value)
    assert read is not None
    assert read.tzinfo is not None
    assert read.strftime("%Y-%m-%d %H:%M:%S") == text


@pytest.mark.parametrize("text", ["2026-12-31T23:59:00Z", "2026-12-31 23:59+00:00"])
def test_a_zone_is_kept(text: str) -> None:
    assert read_time(text) == datetime(2026, 12, 31, 23, 59, tzinfo=timezone.utc)
    assert read_time("2026-12-31 23:59+02:00").utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("value", ["tomorrow", "", "31.12.2026", "2026-13-01", 5, True, None, []])
def test_what_is_no_time(value: object) -> None:
    assert read_time(value) is None
