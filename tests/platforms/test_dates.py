"""Days with a time of day, as platforms write them for people."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assets import asset
from grader.platforms.dates import read_dates


@pytest.mark.parametrize(
    "text",
    [
        "Nov 3, 2026 1015 AM",
        "November 3, 2026 10:15 a.m.",
        "3 November, 2026 1015 AM",
        "3 Nov 2026 1015",
        "Nov 3, 2026 10_15 AM",
        "2026-11-03 1015",
        "2026-11-03 10-15",
        "03.11.2026 1015",
        "3 nov. 2026 10h15",
        "3 de nov. de 2026 10 h 15",
        "2026\u5e7411\u67083\u65e5 1015",
        "Tuesday, 3 November 2026, 10:15 AM",
        "Tuesday, November 3, 2026, 10:15 AM",
        "Dienstag, 3. November 2026, 10:15",
        "mardi 3 novembre 2026, 10:15",
        "martes, 3 de noviembre de 2026, 10:15",
        "mar 3 nov 2026, 10:15",
        "ter\u00e7a-feira, 3 de novembro de 2026 \u00e0s 10:15",
        "tiistaina, 3. marraskuuta 2026, 10.15",
        "3 \u043d\u043e\u044f\u0431\u0440\u044f 2026, 10:15",
        "3 Kas\u0131m 2026, Sal\u0131, 10:15",
        "2026. november 3., kedd, 10:15",
        "2026\ub144 11\uc6d4 3\uc77c(\ud654\uc694\uc77c) \uc624\uc804 10:15",
    ],
)
def test_a_moment_on_this_machines_clock(text: str) -> None:
    assert read_dates(text) == (datetime(2026, 11, 3, 10, 15).astimezone(),)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Nov 3, 2026 1200 PM", 12),
        ("Nov 3, 2026 1200 AM", 0),
        ("Nov 3, 2026 105 PM", 13),
        ("2026\u5e7411\u67083\u65e5 \u5348\u5f8c 11:00", 23),
    ],
)
def test_halves_of_the_day(text: str, hour: int) -> None:
    assert [moment.hour for moment in read_dates(text)] == [hour]


def test_a_day_in_numbers_may_be_two() -> None:
    assert [(it.month, it.day) for it in read_dates("03/11/2026 10:15")] == [(11, 3), (3, 11)]
    assert [(it.month, it.day) for it in read_dates("11-14-2026 1015 PM")] == [(11, 14)]
    assert [(it.month, it.day) for it in read_dates("3-3-2026 1015")] == [(3, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "Nov 3, 2026",
        "3 November 2026",
        "2026-11-03",
        "31 Feb 2026 1015",
        "Nov 3, 2026 1360",
        "Nov 3, 2026 1315 AM",
        "3 mars 26 10h15",
        "3/11/26, 10:15",
        "Jan or Feb 3, 2026 1015",
        "Nov 3, 2026 10:15 AM EST",
    ],
)
def test_what_names_no_moment(text: str) -> None:
    assert read_dates(text) == ()


def test_a_word_may_name_two_months() -> None:
    told = read_dates("sobota, 3 listopada 2026, 10:15")
    assert [it.month for it in told] == [10, 11]
    lines = asset("months.txt").read_text(encoding="utf-8").splitlines()
    words = [word for line in lines for word in sorted(set(line.split()))]
    assert len(lines) == 12
    assert sorted({word for word in words if words.count(word) > 1}) == [
        *("lip", "lis", "listopad", "listopada", "srp")
    ]


@given(st.text() | st.text("0123456789-/:., apmNov", max_size=30).map("3 Nov 2026 ".__add__))
def test_no_text_is_an_error(text: str) -> None:
    assert all(moment.tzinfo for moment in read_dates(text))
