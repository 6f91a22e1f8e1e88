"""Entries of a course: how a person calls whoever handed in."""

from __future__ import annotations

import pytest

from grader.report.course import Entry, Identity
from tests.made_results import graded


@pytest.mark.parametrize(
    ("students", "called"),
    [
        ((Identity("Ada L", "12"),), "Ada L (12)"),
        ((Identity("Ada L"),), "Ada L"),
        ((Identity("ada", "ada"),), "ada"),
        ((Identity("Ada L", "12"), Identity("Bo", "13")), "Ada L (12), Bo (13)"),
        ((Identity("", "12"),), "entry_1"),
        ((), "entry_1"),
    ],
)
def test_an_entry_is_called_by_its_students(students: tuple[Identity, ...], called: str) -> None:
    assert Entry("entry_1", graded(), students).called == called
