"""Graders that are made of something else are told apart, by name and both versions."""

from __future__ import annotations

from importlib import metadata

import pytest

from grader.course.cluster.made_of import difference, made_of
from grader.version import __version__


def test_an_installation_is_made_of_itself() -> None:
    here = made_of()
    assert here["grader"] == __version__
    assert here["torch"] == metadata.version("torch")
    assert difference(here, here) == ""


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("grader", "the grader"),
        ("code", "the grader's code"),
        ("rubric", "the assignment's rubric"),
        ("torch", "torch"),
        ("numpy", "numpy"),
    ],
)
def test_the_first_difference_is_named_with_both(part: str, words: str) -> None:
    there = {**made_of(), part: "0.0.1"}
    said = difference(made_of(), there)
    assert said.startswith(f"it has {words} {made_of()[part]}, and 0.0.1 is what")
    assert difference({}, made_of()).startswith("it has the grader None")
