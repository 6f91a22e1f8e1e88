"""Forms made entries of the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.decisions.yaml_text import plain_entries, with_entries
from grader.desk.forms import Form, FormError

TEXT = st.text(max_size=40)


@given(TEXT, TEXT, TEXT, TEXT)
def test_what_is_written_is_read_as_it_was_meant(
    student: str, reason: str, comment: str, says: str
) -> None:
    values = {"points": "1", "reason": reason, "comment": comment, "target": "kl"}
    whom = {"student": student} if student.strip() else {"where.says": says, "where.check": "kl"}
    entry = Form({**values, **whom}, "Ada").entry()
    assert plain_entries(with_entries("", [entry])) == [entry]
    assert plain_entries(with_entries("  - student: No\n", [entry]))[1] == entry


def test_odd_values() -> None:
    assert Form({"student": "a", "points": "1", "was": "x"}, "").entry().get("was") is None
    assert Form({"everyone": "true", "due": "2026-12-31"}, "").entry()["where"] == "everyone"
    with pytest.raises(FormError):
        Form({"student": "a", "points": "inf"}, "").entry()
