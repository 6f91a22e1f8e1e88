"""Canvas's gradebook import, read back by the importer's own rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.platforms.canvas import fill_gradebook
from grader.platforms.platform import SheetError
from grader.report.course import Entry
from grader.report.result import Result
from tests.made_results import broken_grader, entry, graded, ungradable
from tests.platforms.sheets import notice_of_maximum, read_cells

EXPORT = (
    "Student,ID,SIS User ID,SIS Login ID,Section,VAE (771),Quiz (9),Current Score (read only)\n"
    ",,,,,Manual Posting,,\n"
    "    Points Possible,,,,,60.00,5.00,(read only)\n"
    '"L, Ada",12,=7,ada,"A, B",,3.00,50\n'
    '"Bob, B",13,,bob,A,7.00,4.00,60\n'
    '"Student, Test",14,,,A,,,\n'
)


def test_one_assignment_with_its_id() -> None:
    filled, notices = fill_gradebook(EXPORT.encode(), [entry(graded(), platform="canvas")], "VAE")
    assert notices == [
        notice_of_maximum("gradebook"),
        "In the gradebook: 2 are in the sheet, but handed nothing in, so nothing is filled in: "
        "Bob, B (13), Student, Test (14).",
    ]
    assert read_cells(filled) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "VAE (771)"],
        ["", "", "", "", "", "Manual Posting"],
        ["    Points Possible", "", "", "", "", "60.00"],
        ["L, Ada", "12", "=7", "ada", "A, B", "4.50"],
        ["Bob, B", "13", "", "bob", "A", "7.00"],
        ["Student, Test", "14", "", "", "A", ""],
    ]


@pytest.mark.parametrize("name", ["VAE", "VAE (771)", "771"])
def test_assignment_by_title_or_id(name: str) -> None:
    assert read_cells(fill_gradebook(EXPORT.encode(), [], name)[0])[0][-1] == "VAE (771)"


def test_semicolons_and_byte_order_mark_stay() -> None:
    export = EXPORT.replace(", ", "|").replace(",", ";").encode("utf-8-sig")
    filled, _ = fill_gradebook(export, [entry(graded(), platform="canvas")], "771")
    assert filled.startswith(b"\xef\xbb\xbfStudent;ID;")
    assert read_cells(filled, ";")[3][-1] == "4.50"


def test_open_grades_and_strangers_are_said() -> None:
    open_, stranger = (
        entry(broken_grader(), "B", "13", "canvas"),
        entry(graded(), "Z", "5", "canvas"),
    )
    filled, notices = fill_gradebook(EXPORT.encode(), [open_, stranger], "771")
    assert read_cells(filled)[4][-1] == "7.00"
    assert [n for n in notices if "60 points" not in n][:2] == [
        "In the gradebook: 1 is left open, since the grader itself failed: B (13).",
        "In the gradebook: 1 is in the course, but not in the sheet: Z (5).",
    ]


def test_what_could_not_be_graded_is_no_zero_unless_that_is_wanted() -> None:
    export = EXPORT.replace("60.00", "7.5").encode()
    bad = entry(ungradable(), "Bob", "13", "canvas")
    filled, notices = fill_gradebook(export, [bad], "771")
    assert read_cells(filled)[4][-1] == "7.00"
    assert "could not be graded" in notices[0]
    filled, notices = fill_gradebook(export, [bad], "771", zeros=True, replace=True)
    assert read_cells(filled)[4][-1] == "0.00"
    assert "Bob (13) (had 7.00, now 0.00)" in notices[0]


def test_points_that_the_gradebook_has_stay_unless_they_are_to_be_replaced() -> None:
    bob = entry(graded(), "Bob", "13", "canvas")
    filled, notices = fill_gradebook(EXPORT.encode(), [bob], "771")
    assert read_cells(filled)[4][-1] == "7.00"
    (told,) = [notice for notice in notices if "other points already" in notice]
    assert told.endswith("Bob (13) (has 7.00, graded 4.50).")
    filled, notices = fill_gradebook(EXPORT.encode(), [bob], "771", replace=True)
    assert read_cells(filled)[4][-1] == "4.50"
    assert any("Bob (13) (had 7.00, now 4.50)" in notice for notice in notices)
    same = EXPORT.replace("7.00", "4.5").encode()
    filled, notices = fill_gradebook(same, [bob], "771")
    assert read_cells(filled)[4][-1] == "4.50"
    assert not any("Bob (13)" in notice for notice in notices)


@pytest.mark.parametrize("mark", ["EX", "ex", " EX "])
@pytest.mark.parametrize("result", [graded(), ungradable(), broken_grader()])
def test_who_is_excused_stays_so(mark: str, result: Result) -> None:
    export = EXPORT.replace("7.00", mark).encode()
    one = entry(result, "Bob", "13", "canvas")
    filled, notices = fill_gradebook(export, [one], "771", zeros=True)
    assert read_cells(filled)[4][-1] == mark
    assert "1 is excused (EX), and stays so: Bob (13)." in "".join(notices)


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
    with pytest.raises(SheetError, match=why):
        fill_gradebook(export.encode(), [], assignment)


@pytest.mark.parametrize(
    "stranger",
    [entry(graded(), platform="moodle"), entry(graded(), "Zed", "777", platform="canvas")],
)
def test_a_gradebook_with_nobody_of_the_course_is_refused_with_both_sides(stranger: Entry) -> None:
    with pytest.raises(SheetError) as caught:
        fill_gradebook(EXPORT.encode(), [stranger], "771")
    assert stranger.students[0].name in str(caught.value)
    assert "Bob, B (13)" in str(caught.value)


def test_who_is_in_two_submissions_stays_open() -> None:
    ada, bo = entry(graded(), "Ada", "1", "canvas"), entry(graded(), "Bo", "2", "canvas")
    team = replace(bo, students=(*ada.students, *bo.students))
    export = b"Student,ID,SIS Login ID,Section,VAE (7)\r\nAda,1,x,s,\r\nBo,2,y,s,\r\n"
    filled, notices = fill_gradebook(export, [ada, team])
    assert [row[-1] for row in read_cells(filled)] == ["VAE (7)", "", "4.50"]
    assert notices == [
        "In the gradebook: 1 is left open, since more than one submission fits, or more than one "
        "student: Ada (1)."
    ]
