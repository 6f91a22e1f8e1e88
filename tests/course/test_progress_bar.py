"""How far it is, on a terminal and elsewhere."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from grader.cli.usage import FoldedError
from grader.course.progress_bar import progress
from grader.course.write_out import say
from tests.made_results import broken_grader, graded, ungradable


class Terminal(io.StringIO):
    """Text that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO) -> str:
    with progress(3, stream) as tell:
        for name, result in (("ada", graded()), ("bob", ungradable()), ("cy", broken_grader())):
            tell(name, result)
    return stream.getvalue()


def test_plain_lines_where_there_is_no_terminal() -> None:
    assert told(io.StringIO()).splitlines() == [
        "1/3 ada: 4.5 of 7.5",
        "2/3 bob: ungradable: There is no class VAE.",
        "3/3 cy: grader error: The grader itself failed in some checks.",
    ]


def test_a_bar_on_a_terminal_names_only_what_could_not_be_graded() -> None:
    text = told(Terminal())
    assert "3/3" in text
    assert "bob: ungradable: There is no class VAE." in text
    assert "ada:" not in text
    assert "1 ungradable, 1 grader error" in text


LONG = "It is a sentence about what could be wrong, which goes on for a long while. " * 3


def test_what_is_said_on_a_terminal_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for stream in (Terminal(), io.StringIO()):
        with progress(1, stream) as tell:
            tell("ada", replace(ungradable(), reason=LONG))
        say(f"Note: {LONG}", stream)
        FoldedError(f"It has 2 mistakes:\n  one: {LONG}\n  two: {LONG}").show(stream)
        lines = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", stream.getvalue()).splitlines()
        longest = max(len(line) for line in lines if "Grading" not in line)
        assert (longest <= 80) == stream.isatty()
        if stream.isatty():
            told = stream.getvalue().partition("ada: ungradable")[2].splitlines()
            assert told[1].startswith("  ")
            assert told[2].startswith("  ")
            assert sum(line.startswith("    ") for line in lines) == 6
