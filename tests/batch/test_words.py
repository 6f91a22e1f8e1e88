"""What a course says at its end, on a terminal and in a file."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.batch.command import _say


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=30), min_size=1, max_size=60))
def test_lines_are_folded_between_words_on_a_terminal_alone(words: list[str]) -> None:
    text = "Note: " + " ".join(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "60")
        terminal, file = Terminal(), io.StringIO()
        _say(text, terminal)
        _say(text, file)
    assert file.getvalue() == text + "\n"
    assert terminal.getvalue().split() == text.split()
    assert all(len(line) <= 60 for line in terminal.getvalue().splitlines())
