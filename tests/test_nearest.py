"""The name that may be meant is one that is known and much like what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.nearest import nearest

TASKS = ("encoder", "reparam", "decoder", "kl", "elbo", "sample")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("encodr", "encoder"), ("decoder", "decoder"), ("elob", "elbo"), ("xyz", "")],
)
def test_the_nearest_is_meant(name: str, meant: str) -> None:
    assert nearest(name, TASKS) == meant
    assert nearest(name, dict.fromkeys(TASKS, 1)) == meant
    assert nearest(name, ()) == ""


def test_more_may_be_asked_of_how_like_a_name_is() -> None:
    assert nearest("samp", TASKS) == "sample"
    assert nearest("samp", TASKS, 0.9) == ""


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=6))
def test_a_known_name_comes_or_none(name: str, known: list[str]) -> None:
    assert nearest(name, known) in {*known, ""}
    assert nearest(name, [*known, name]) == name
