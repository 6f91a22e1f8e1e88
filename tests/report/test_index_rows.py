"""Rows are parted into pages that hold all of them once, in their order, none too large."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report import index_rows
from grader.report.course import Identity
from grader.report.index_rows import Row, called, parted
from tests.made_results import entry, graded


@given(st.lists(st.integers(1, 60), max_size=40))
def test_pages_hold_every_row_once_and_no_more_than_they_may(sizes: list[int]) -> None:
    rows = [Row(f"S{place}", "", "x" * size) for place, size in enumerate(sizes, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_rows, "MOST_ROWS", 5)
        patch.setattr(index_rows, "MOST_BYTES", 100)
        pages = [(page, tuple(held), is_last) for page, held, is_last in parted(rows)]
    assert [html for _, held, _ in pages for html in held] == [row.html for row in rows]
    assert all(0 < len(held) <= 5 and sum(map(len, held)) <= 100 for _, held, _ in pages)
    assert [is_last for _, _, is_last in pages] == [False] * (len(pages) - 1) + [True] * bool(pages)
    end = 0
    for number, (page, held, _) in enumerate(pages, 1):
        assert (page.number, page.start, page.end) == (number, end + 1, end + len(held))
        assert (page.first, page.last) == (f"S{page.start}", f"S{page.end}")
        end = page.end


def test_long_names_are_cut_in_links_alone() -> None:
    ((page, _, _),) = parted([Row("x" * 90, "", "a"), Row("y", "", "b")])
    assert page.covers == "x" * 39 + "… to y"


@pytest.mark.parametrize("name", ["", " ", "\u202e"])
def test_who_has_no_name_for_the_eye_is_called_by_the_result(name: str) -> None:
    assert called(replace(entry(graded()), students=(Identity(name),))) == "Ada_L_12"
