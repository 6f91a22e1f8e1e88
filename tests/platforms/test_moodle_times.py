"""When submissions came, by Moodle's worksheet, in the course and in what it writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from grader.course.folder import graded_course, timed
from grader.course.options import CourseOptions
from grader.course.roster import read_roster
from grader.platforms.moodle.rows import read_worksheet
from grader.platforms.moodle.times import times_in
from grader.platforms.moodle.worksheet import fill_worksheet
from grader.report.course import Identity
from tests.made_course import DOZEN, SUBMITTED, make_course
from tests.made_results import entry, graded

ENGLISH = (
    "Identifier,Full name,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
)
GERMAN = (
    "ID,Vollst\u00e4ndiger Name,Status,Bewertung,Bestwertung,Bewertung kann ge\u00e4ndert werden,"
    "Zuletzt ge\u00e4ndert (Abgabe),Zuletzt ge\u00e4ndert (Bewertung),Feedback als Kommentar\n"
)
ADA, BO = (Identity(name, id, "", "moodle") for name, id in (("Ada", "1001"), ("Bo", "1002")))
TEAM = "Identifier,Full name,Group,Grade,Maximum grade,Last modified (submission),"
MOMENT = datetime(2026, 11, 3, 10, 15).astimezone()


def row(number: int, name: str, came: str, graded: str = "-") -> str:
    return f'Participant {number},{name},Submitted,,60.00,Yes,"{came}","{graded}",\n'


def times(text: str, **course: tuple[Identity, ...]) -> dict[str, datetime]:
    return times_in(read_worksheet(text.encode()), course)


@pytest.mark.parametrize(
    ("header", "came"),
    [
        (ENGLISH, "Tuesday, 3 November 2026, 10:15 AM"),
        (GERMAN, "Dienstag, 3. November 2026, 10:15"),
    ],
)
def test_each_submission_has_the_time_of_its_row(header: str, came: str) -> None:
    sheet = header + row(1001, "Ada", came, "Friday, 6 November 2026, 9:00 AM")
    sheet += row(1002, "Bo", "-")
    assert times(sheet, ada=(ADA,), bo=(BO,)) == {"ada": MOMENT}


def test_when_it_was_graded_is_not_when_it_came() -> None:
    body = row(1001, "Ada", "-", "Dienstag, 3. November 2026, 10:15")
    assert times(GERMAN + body, ada=(ADA,)) == {}
    without = GERMAN.replace("Zuletzt ge\u00e4ndert (Abgabe),", "")
    assert times(without + body.replace('"-",', ""), ada=(ADA,)) == {}


def test_a_date_that_may_be_two_is_said_and_not_read() -> None:
    sheet = ENGLISH + row(12, "Ada L", "03/11/2026, 10:15") + row(13, "Bo", "-")
    student = entry(graded())
    assert times(sheet, ada=student.students) == {}
    _, notices = fill_worksheet(sheet.encode(), [student])
    assert (
        "Dates in the worksheet that can't be read, or can be read as two days, aren't guessed: 1 "
        "of 2 rows have such a one, the first '03/11/2026, 10:15'."
    ) in notices


def test_the_rows_of_a_team_must_say_the_same() -> None:
    team = Identity("Team 4", "77", "", "moodle")
    header = TEAM + "Last modified (grade),Feedback comments\n"
    ada = 'Participant 1,Ada,Team 4,,60.00,"3 November 2026, 10:15 AM",-,\n'
    same, other = ada.replace("1,Ada", "2,Bo"), ada.replace("1,Ada", "2,Bo").replace(" 3 ", " 4 ")
    other = other.replace('"3 ', '"4 ')
    assert times(header + ada + same, it=(team,)) == {"it": MOMENT}
    assert times(header + ada + other, it=(team,)) == {}


def test_a_row_of_another_and_a_row_of_two_tell_nothing() -> None:
    came = "Tuesday, 3 November 2026, 10:15 AM"
    sheet = ENGLISH + row(1001, "Bo", came) + row(1002, "Cy", came)
    assert times(sheet, ada=(ADA,), bo=(BO,)) == {"bo": MOMENT}
    plain = replace(ADA, id="", platform="folder")
    sheet = ENGLISH + row(1001, "Ada", came) + row(1002, "Bo", came)
    assert times(sheet, ada=(plain,)) == {"ada": MOMENT}
    assert times(sheet, ada=(plain,), ada2=(plain,)) == {}


def test_the_course_keeps_the_times_of_a_sheet(tmp_path: Path) -> None:
    folder, sheet = make_course(tmp_path / "results", DOZEN[:2]), tmp_path / "sheet.csv"
    body = row(1001, "Ada", "Tuesday, 3 November 2026, 10:15 AM") + row(1002, "Bo", "-")
    sheet.write_text(ENGLISH + body, encoding="utf-8")
    course = timed(graded_course(folder), CourseOptions(values={"moodle": sheet}))
    assert [it.submitted for it in course.entries] == [MOMENT, SUBMITTED]
    assert [it.submitted for it in read_roster(folder).submissions] == [MOMENT, SUBMITTED]
    again = graded_course(folder)
    assert timed(again, CourseOptions()) is again
    sheet.write_text("no sheet", encoding="utf-8")
    assert timed(again, CourseOptions(values={"moodle": sheet})) is again
