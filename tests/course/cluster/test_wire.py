"""What goes to a node is plain, and what comes back is read like a stranger's."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.cluster.wire import (
    WireError,
    outcome_from_wire,
    outcome_to_wire,
    work_from_wire,
    work_to_wire,
)
from grader.course.fingerprint import FINGERPRINT
from grader.course.work import HandedFile, Outcome, Work
from grader.report.to_json import to_json
from tests.made_results import graded

PLAIN = (str, bytes, int, float, bool, type(None))
files = st.builds(HandedFile, st.text(), st.text(), st.binary())
works = st.builds(
    Work,
    *(st.text(), st.text(), st.text(), st.text(), st.none() | files, st.text()),
    modules=st.lists(files, max_size=2).map(tuple),
    rivals=st.lists(files, max_size=2).map(tuple),
)
WORK = Work("ada", "vae.ipynb", "Ada L", "f" * 64, HandedFile("vae.ipynb", "ada.ipynb", b"{}"))
RESULT = replace(graded(), environment={FINGERPRINT: WORK.fingerprint})
OUTCOME = Outcome(to_json(RESULT).encode(), b"<html>", b"{}", b"{}")


def is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_plain(key) and is_plain(item) for key, item in value.items())
    if type(value) in (list, tuple):
        return all(map(is_plain, value))
    return type(value) in PLAIN


@given(works)
def test_work_is_sent_as_plain_values_and_comes_whole(work: Work) -> None:
    assert is_plain(work_to_wire(work))
    assert work_from_wire(work_to_wire(work)) == work


def test_an_outcome_comes_whole() -> None:
    assert is_plain(outcome_to_wire(OUTCOME))
    assert outcome_from_wire(outcome_to_wire(OUTCOME), WORK) == OUTCOME
    bare = Outcome(OUTCOME.result)
    assert outcome_from_wire(outcome_to_wire(bare), WORK) == bare


@pytest.mark.parametrize(
    "changed",
    [
        *({"result": None}, {"result": "text"}, {"result": b"{}"}, {"result": b"\xff"}),
        *({"page": "text"}, {"executed": 3}, {"code": [b""]}, {"more": b""}),
        {"result": b" " * (17 << 20)},
        {"result": OUTCOME.result.replace(b"4.5", b"7.5")},  # more than its parts
        {"result": OUTCOME.result.replace(b'"f', b'"e', 1)},
        {"result": to_json(replace(RESULT, environment={})).encode()},
    ],
)
def test_what_is_no_outcome_of_the_work_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        outcome_from_wire({**asdict(OUTCOME), **changed}, WORK)


@pytest.mark.parametrize("message", [None, 3, "text", b"bytes", [], {}, {"result": OUTCOME.result}])
def test_what_is_no_message_is_refused(message: Any) -> None:
    with pytest.raises(WireError):
        outcome_from_wire(message, WORK)
