"""Moments as instructors write them, with a zone and without."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.moments import read_moment


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in Berlin."""
    if sys.platform == "win32":
        pytest.skip("the zone of a process can't be set")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-01-02 03:04 UTC", 3),
        ("2026-01-02 03:04:00Z", 3),
        ("2026-01-02T03:04 Europe/Rome", 2),
        ("2026-01-02 03:04+02:00", 1),
        ("2026-01-02 03:04 -0200", 5),
    ],
)
def test_a_zone_may_stand_behind_it(text: str, hour: int) -> None:
    assert read_moment(text) == datetime(2026, 1, 2, hour, 4, tzinfo=timezone.utc)


@pytest.mark.usefixtures("in_berlin")
def test_without_a_zone_it_is_this_machines() -> None:
    winter, summer = read_moment("2026-01-02 12:00"), read_moment(datetime(2026, 7, 2, 12, 0))
    assert winter == datetime(2026, 1, 2, 11, 0, tzinfo=timezone.utc)
    assert summer == datetime(2026, 7, 2, 10, 0, tzinfo=timezone.utc)


@pytest.mark.usefixtures("in_berlin")
def test_a_day_lasts_until_its_end() -> None:
    end = datetime(2026, 1, 2, 22, 59, 59, 999_999, timezone.utc)
    assert read_moment("2026-01-02") == read_moment(date(2026, 1, 2)) == end


@pytest.mark.parametrize(
    "value",
    [
        *("", "tomorrow", "2026-13-01", "2026-01-02 25:00", "2026-01-02 12:00 CST", "02.01.2026"),
        *("2026-01-02 12:00 No/Where", "2026-01-02 12:00 ../../etc/passwd", "2026-01-02 Z"),
        *(None, 5, True, [1], b"2026-01-02", "0001-01-01 00:00 +23:59", datetime.min),
    ],
)
def test_what_names_no_moment_is_none(value: object) -> None:
    moment = read_moment(value)
    assert moment is None or isinstance(value, (datetime, str))
    if moment is not None:
        assert moment.tzinfo is not None


@given(st.text() | st.datetimes() | st.dates())
def test_whatever_comes_is_a_moment_with_a_zone_or_none(value: object) -> None:
    moment = read_moment(value)
    assert moment is None or moment.tzinfo is not None
