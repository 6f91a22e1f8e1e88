"""What a submission writes can neither steer a terminal nor fill a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.untrusted_text import MAX_TEXT, clean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x00\r", "[31mred"),
        ("a\tb\nc", "a\tb\nc"),
        ("right\u202eleft\u2066\ufeff", "rightleft"),
        ("half \ud800", "half "),
        (b"bytes", ""),
        (None, ""),
    ],
)
def test_control_characters_go_and_lines_stay(text: object, expected: str) -> None:
    assert clean(text) == expected


@given(st.text(st.characters(exclude_categories=[]), max_size=3 * MAX_TEXT))
def test_a_text_is_cut_and_cleaning_it_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= MAX_TEXT
    assert clean(cleaned) == cleaned


def test_what_is_cut_says_so() -> None:
    assert clean("x" * 11, 10) == "x" * 9 + "…"
    assert clean("x" * 10, 10) == "x" * 10
