"""Cells that a spreadsheet opens: text is text, numbers are numbers, times are in UTC."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.csv_write import MAX_CELL, points_cell, text_cell, time_cell, to_csv


@given(st.text(max_size=50), st.sampled_from(["", " ", "=", "+", "-", "@", "\t", "\r", "\uff1d"]))
def test_no_cell_is_a_formula(text: str, start: str) -> None:
    content = to_csv(("a", "b"), [(start + text, 1.5)])
    ((cell, number),) = list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
    assert not cell.lstrip(" \t\r\n").startswith(("=", "+", "-", "@", "\uff1d", "\uff0b"))
    assert number == "1.5"


@pytest.mark.parametrize(
    ("points", "cell"), [(3.0, 3), (1 / 3, 0.33), (-1.5, -1.5), (None, None), (0.0, 0)]
)
def test_points_are_numbers(points: float | None, cell: object) -> None:
    assert points_cell(points) == cell
    assert text_cell("2.5") == "2.5"


def test_a_table_is_utf8_with_crlf_and_with_a_mark_where_excel_needs_it() -> None:
    assert to_csv(("a", "\u00eb"), [("x,y", None)]) == 'a,\u00eb\r\n"x,y",\r\n'.encode()
    assert to_csv(("a",), (), bom=True) == b"\xef\xbb\xbfa\r\n"


def test_a_cell_is_no_longer_than_excel_takes() -> None:
    assert len(text_cell("x" * 2 * MAX_CELL)) == MAX_CELL


def test_times_are_in_utc() -> None:
    moment = datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    assert time_cell(moment) == "2026-01-02 03:04:05"
    assert time_cell(None) == ""
