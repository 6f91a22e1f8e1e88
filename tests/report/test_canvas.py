"""Canvas's gradebook import, read back by the importer's own rules."""

from __future__ import annotations

import csv
import io

import pytest
from made_results import broken_grader, entry, graded

from grader.report.canvas import CanvasError, fill_gradebook

EXPORT = (
    "Student,ID,SIS User ID,SIS Login ID,Section,VAE (771),Quiz (9),Current Score (read only)\n"
    ",,,,,Manual Posting,,\n"
    "    Points Possible,,,,,60.00,5.00,(read only)\n"
    '"L, Ada",12,=7,ada,"A, B",,3.00,50\n'
    '"Bob, B",13,,bob,A,7.00,4.00,60\n'
    '"Student, Test",14,,,A,,,\n'
)


def read(content: bytes, delimiter: str = ",") -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def test_one_assignment_with_its_id() -> None:
    filled, notices = fill_gradebook(EXPORT.encode(), [entry(graded(), platform="canvas")], "VAE")
    assert notices == []
    assert read(filled) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "VAE (771)"],
        ["", "", "", "", "", "Manual Posting"],
        ["    Points Possible", "", "", "", "", "60.00"],
        ["L, Ada", "12", "=7", "ada", "A, B", "4.50"],
        ["Bob, B", "13", "", "bob", "A", "7.00"],
        ["Student, Test", "14", "", "", "A", ""],
    ]


@pytest.mark.parametrize("name", ["VAE", "VAE (771)", "771"])
def test_assignment_by_title_or_id(name: str) -> None:
    assert read(fill_gradebook(EXPORT.encode(), [], name)[0])[0][-1] == "VAE (771)"


def test_semicolons_and_byte_order_mark_stay() -> None:
    export = EXPORT.replace(", ", "|").replace(",", ";").encode("utf-8-sig")
    filled, _ = fill_gradebook(export, [entry(graded(), platform="canvas")], "771")
    assert filled.startswith(b"\xef\xbb\xbfStudent;ID;")
    assert read(filled, ";")[3][-1] == "4.50"


def test_open_grades_and_strangers_are_said() -> None:
    open_, stranger = (
        entry(broken_grader(), "B", "13", "canvas"),
        entry(graded(), "Z", "5", "canvas"),
    )
    filled, notices = fill_gradebook(EXPORT.encode(), [open_, stranger], "771")
    assert read(filled)[4][-1] == "7.00"
    assert notices == [
        "B_13 is left open: the grader failed on it.",
        "Z_5 is not in the gradebook.",
    ]


@pytest.mark.parametrize(
    ("export", "assignment", "why"),
    [
        (EXPORT, None, "more than one assignment fits"),
        (EXPORT, "Current Score", "no such assignment"),
        ("Name,ID\n", None, "Student and ID"),
        ("", None, "Student and ID"),
        ('Student,ID,Section\n"open', None, "can't be read as CSV"),
    ],
)
def test_what_can_not_be_used_is_refused(export: str, assignment: str | None, why: str) -> None:
    with pytest.raises(CanvasError, match=why):
        fill_gradebook(export.encode(), [], assignment)


def test_a_course_from_elsewhere_fills_nothing_and_says_so() -> None:
    _, notices = fill_gradebook(EXPORT.encode(), [entry(graded(), platform="moodle")], "771")
    assert notices == ["No row of the gradebook is filled: no submission came from Canvas."]
