"""Moodle's worksheet: filled by number, and byte for byte the same everywhere else."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest

from grader.platforms.moodle import feedback_zip
from grader.platforms.moodle.worksheet import fill_worksheet
from grader.platforms.platform import SheetError
from grader.report.course import Entry
from tests.made_results import HOSTILE, broken_grader, course, entry, graded, ungradable
from tests.platforms.sheets import notice_of_maximum, read_cells

ENGLISH = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\r\n'
    '"Participant 12","Ada L",ada@x.org,"Submitted, ""late""",,60.00,Yes,'
    '"1 June 2026, 9:00 AM",-,\r\n'
    '"Participant 13","Bob",bob@x.org,Submitted,10.00,60.00,Yes,-,-,"old\r\ncomment"\r\n'
    '"Participant 99","Eve",eve@x.org,"No submission",,60.00,Yes,-,-,\r\n'
)
GERMAN = (
    "ID;Name;Status;Bewertung;Bestwertung;Bewertung kann ge\u00e4ndert werden;"
    "Zuletzt ge\u00e4ndert (Bewertung);Feedback als Kommentar\n"
    "Teilnehmer/in12;Ada;Abgegeben;;60,00;Ja;-;\n"
    "Teilnehmer/in13;Bob;Abgegeben;;60,00;Ja;-;\n"
)
MAXIMUM = notice_of_maximum("worksheet")
OF_BAD = "<br><br>Notebook: bad.ipynb"


def test_only_grade_and_feedback_change() -> None:
    filled, notices = fill_worksheet(
        ENGLISH.encode(),
        [entry(graded()), entry(ungradable(), "B", "13")],
        zeros=True,
        replace=True,
    )
    before, after = read_cells(ENGLISH.encode()), read_cells(filled)
    assert [row[4] for row in after] == ["Grade", "4.50", "0.00", ""]
    assert after[1][9].startswith("4.5 of 7.5 points.<br>")
    assert after[2][9] == f"Not graded: There is no class VAE.{OF_BAD}"
    for old, new in zip(before, after, strict=True):
        assert [*old[:4], *old[5:9]] == [*new[:4], *new[5:9]]
    kept = re.sub(r',4\.50,(.*?)-,"4\.5 of.*?"\r\n', r",,\1-,\r\n", filled.decode())
    kept = kept.replace(",0.00,60", ",10.00,60")
    kept = kept.replace(f'"Not graded: There is no class VAE.{OF_BAD}"', '"old\r\ncomment"')
    assert kept == ENGLISH
    assert notices == [
        MAXIMUM,
        "In the worksheet: 1 is given other points than the sheet had: "
        "B (13) (had 10.00, now 0.00).",
        "In the worksheet: 1 is given another comment than the sheet had: B (13).",
        "In the worksheet: 1 is in the sheet, but handed nothing in, so nothing is filled in: "
        "Eve (Participant 99).",
    ]


def test_what_could_not_be_graded_is_no_zero_unless_that_is_wanted() -> None:
    filled, notices = fill_worksheet(ENGLISH.encode(), [entry(ungradable(), "Bob", "13")])
    assert read_cells(filled)[2][4] == "10.00"
    assert read_cells(filled)[2][9] == "old\r\ncomment"
    (told,) = [notice for notice in notices if "could not be graded" in notice]
    assert "Bob (13)" in told
    assert "--ungradable-as-zero" in told


def test_points_and_comments_of_a_person_stay() -> None:
    filled, notices = fill_worksheet(ENGLISH.encode(), [entry(graded(), "Bob", "13")])
    assert filled == ENGLISH.encode()
    (told,) = [notice for notice in notices if "other points already" in notice]
    assert told == (
        "In the worksheet: 1 is in the sheet with other points already, so nothing is changed "
        "there; put them into overrides.yaml, or add --replace-grades for those of the grader: "
        "Bob (13) (has 10.00, graded 4.50)."
    )


def test_a_comment_of_a_person_stays_beside_points_that_are_filled_in() -> None:
    sheet = ENGLISH.replace("10.00", "")
    filled, notices = fill_worksheet(sheet.encode(), [entry(graded(), "Bob", "13")])
    assert (read_cells(filled)[2][4], read_cells(filled)[2][9]) == ("4.50", "old\r\ncomment")
    assert any("another comment, which stays" in n and "Bob (13)" in n for n in notices)


def test_a_sheet_that_was_filled_before_can_be_filled_again() -> None:
    once, _ = fill_worksheet(ENGLISH.encode(), [entry(graded())])
    again, notices = fill_worksheet(once, [entry(graded())])
    assert again == once
    assert not any("Ada" in notice for notice in notices)


def test_the_comment_says_which_notebook_was_graded() -> None:
    one = entry(graded())
    path = replace(one.result.submission, path="C:\\a\\Ada's work.ipynb")
    other = replace(one, result=replace(one.result, submission=path))
    filled, _ = fill_worksheet(ENGLISH.encode(), [other])
    assert read_cells(filled)[1][9].endswith("<br><br>Notebook: Ada's work.ipynb")


def test_nothing_to_fill_changes_no_byte() -> None:
    assert fill_worksheet(ENGLISH.encode(), [])[0] == ENGLISH.encode()
    assert fill_worksheet(GERMAN.encode(), [])[0] == GERMAN.encode()
    odd = ENGLISH.replace("Bob", "J\u00f6rg").encode("cp1252", "ignore")
    assert fill_worksheet(odd, [])[0] == odd


def test_other_languages_by_structure() -> None:
    sheet = GERMAN.replace("60,00", "7,50")
    filled, notices = fill_worksheet(sheet.encode(), [entry(graded())])
    assert [notice.rpartition(": ")[2] for notice in notices] == ["Bob (Teilnehmer/in13)."]
    ada = read_cells(filled, ";")[1]
    assert ada[:5] == ["Teilnehmer/in12", "Ada", "Abgegeben", "4,50", "7,50"]
    assert ada[7].startswith("4.5 of 7.5")
    assert filled.decode().startswith(sheet.split("Teilnehmer")[0])


def test_headers_can_be_named() -> None:
    sheet = b"Kennung,Punkte,Bemerkung,Ende\nNr 12,,,-\n"
    with pytest.raises(SheetError, match="--grade-header"):
        fill_worksheet(sheet, [])
    filled, notices = fill_worksheet(sheet, [entry(ungradable())], "Punkte", zeros=True)
    assert filled == b"Kennung,Punkte,Bemerkung,Ende\nNr 12,0.00,,-\n"
    assert "--feedback-header" in notices[0]
    filled, _ = fill_worksheet(sheet, [entry(ungradable())], "Punkte", "Bemerkung", zeros=True)
    said = f"Not graded: There is no class VAE.{OF_BAD}"
    assert f'Nr 12,0.00,"{said}",-\n'.encode() in filled
    with pytest.raises(SheetError, match="no column 'Note'"):
        fill_worksheet(sheet, [], "Note")


def test_open_grades_and_strangers_are_said() -> None:
    filled, notices = fill_worksheet(
        ENGLISH.encode(), [entry(broken_grader()), entry(graded(), "Zed", "777")]
    )
    assert filled == ENGLISH.encode()
    assert notices[1:3] == [
        "In the worksheet: 1 is left open, since the grader itself failed: Ada L (12).",
        "In the worksheet: 1 is in the course, but not in the sheet: Zed (777).",
    ]


def test_group_members_all_get_the_grade() -> None:
    one = entry(graded())
    pair = replace(one, students=(*one.students, replace(one.students[0], id="99")))
    assert [row[4] for row in read_cells(fill_worksheet(ENGLISH.encode(), [pair])[0])[1:]] == [
        "4.50",
        "10.00",
        "4.50",
    ]


def test_hostile_messages_are_escaped_and_stay_in_their_cell() -> None:
    filled, _ = fill_worksheet(ENGLISH.encode(), [entry(graded(HOSTILE))])
    rows = read_cells(filled)
    assert [len(row) for row in rows] == [10, 10, 10, 10]
    assert "<script" not in rows[1][9]
    assert "&lt;script&gt;" in rows[1][9]


@pytest.mark.parametrize(
    "worksheet",
    [b"", b"Identifier,Grade\n", b"a,b\n1,2\n", b'Identifier,Grade\n"Participant 1,2\n', b"\0\xff"],
)
def test_what_is_no_worksheet_is_refused_in_one_sentence(worksheet: bytes) -> None:
    with pytest.raises(SheetError, match=r"^The worksheet .*"):
        fill_worksheet(worksheet, [])


def test_feedback_zip_uses_the_names_of_the_download() -> None:
    def page(entry: Entry) -> bytes:
        return f"<p>{entry.name}</p>".encode()

    content = feedback_zip(course(), page)
    assert content == feedback_zip(course(), page)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist()[:2] == [
            "Ada L_12_assignsubmission_file_/feedback.html",
            "Bob_13_assignsubmission_file_/feedback.html",
        ]
        assert archive.read(archive.namelist()[1]) == b"<p>Bob_13</p>"
    with zipfile.ZipFile(io.BytesIO(feedback_zip(course("canvas"), page))) as archive:
        assert archive.namelist() == []


@pytest.mark.parametrize(
    "stranger", [entry(graded(), "Zed", platform="folder"), entry(graded(), "Zed", "777")]
)
def test_a_sheet_with_nobody_of_the_course_is_refused_with_both_sides(stranger: Entry) -> None:
    with pytest.raises(SheetError) as caught:
        fill_worksheet(ENGLISH.encode(), [stranger])
    assert stranger.students[0].name in str(caught.value)
    assert "Eve (Participant 99)" in str(caught.value)


def test_everybody_who_is_missing_is_named() -> None:
    rows = "".join(f"Participant {n},Student {n},,60.00,\n" for n in range(50))
    sheet = f"Identifier,Full name,Grade,Maximum grade,Feedback comments\n{rows}"
    strangers = [entry(graded(), f"Zed{n}", f"{n + 500}") for n in range(50)]
    _, notices = fill_worksheet(sheet.encode(), [entry(graded(), "Student 0", "0"), *strangers])
    missing, absent = notices[-2:]
    assert all(f"Zed{n} ({n + 500})" in missing for n in range(50))
    assert all(f"Student {n} (Participant {n})" in absent for n in range(1, 50))


def test_a_code_page_without_a_sign_for_a_comment() -> None:
    sheet = ENGLISH.lstrip("\ufeff").replace("Bob", "J\u00f6rg").encode("cp1252")
    filled, notices = fill_worksheet(sheet, [entry(graded("\u03c3 is \u4f60"))])
    assert "Moodle reads UTF-8 alone" in notices[0]
    (row,) = [row for row in filled.decode("cp1252").split("\r\n") if "Participant 12" in row]
    assert "&#963; is &#20320;" in row
    assert "J\u00f6rg".encode("cp1252") in filled


JAPANESE = (
    "ID,\u6c0f\u540d,\u30b9\u30c6\u30fc\u30bf\u30b9,\u8a55\u70b9,\u6700\u5927\u8a55\u70b9,"
    "\u5909\u66f4\u53ef,\u6700\u7d42\u66f4\u65b0,LAST\n"
    "\u53c2\u52a0\u800512,A,x,,7.50,\u306f\u3044,{date},{last}\n"
    "\u53c2\u52a0\u800513,B,x,,7.50,\u306f\u3044,-,{last}\n"
)


@pytest.mark.parametrize(
    ("last", "is_comment"),
    [("", True), ("60 of 60 points.", True), ("\u826f\u3044", True), ("-", False)]
    + [(date, False) for date in ("2026\u5e74 06\u6708 1\u65e5 10:00", "1 June 2026 10:00 AM")],
)
def test_comments_are_the_last_column_in_every_language(last: str, is_comment: bool) -> None:
    sheet = JAPANESE.format(date="2026\u5e74 06\u6708 1\u65e5 10:00", last=last)
    filled, notices = fill_worksheet(sheet.encode(), [entry(graded())], replace=True)
    cell = read_cells(filled)[1][-1]
    assert cell.startswith("4.5 of 7.5 points.") == is_comment
    assert is_comment or cell == last
    assert any("--feedback-header" in notice for notice in notices) != is_comment


TEAMS = (
    "Identifier,Full name,Status,{group},Grade,Maximum Grade,Last modified (grade),"
    "Feedback comments\n"
    "Participant 77,Ada,x,Group_B,,7.50,-,\n"
    "Participant 12,Bob,x,Group_A,,7.50,-,\n"
    "Participant 14,Cy,x,Group_A,,7.50,-,\n"
    "Participant 15,Di,x,,,7.50,-,\n"
)


@pytest.mark.parametrize(
    "header", ["Group", "Gruppe", "Groupe", "Grupo", "\u30b0\u30eb\u30fc\u30d7"]
)
def test_a_team_is_found_by_its_name_and_not_by_its_number(header: str) -> None:
    sheet = TEAMS.format(group=header).encode()
    team = entry(graded(), "Group A", "77")
    filled, notices = fill_worksheet(sheet, [team, entry(graded(), "Di", "15")])
    assert [row[4] for row in read_cells(filled)[1:]] == ["", "4.50", "4.50", "4.50"]
    assert [notice.rpartition(": ")[2] for notice in notices] == ["Ada (Participant 77)."]


def test_the_member_of_a_team_who_has_points_already_is_named() -> None:
    sheet = TEAMS.format(group="Group").replace("Bob,x,Group_A,", "Bob,x,Group_A,7").encode()
    filled, notices = fill_worksheet(sheet, [entry(graded(), "Group A", "77")])
    assert [row[4] for row in read_cells(filled)[1:]] == ["", "7", "4.50", ""]
    (told,) = [notice for notice in notices if "other points already" in notice]
    assert told.endswith(": Bob (Participant 12) (has 7, graded 4.50).")


def test_a_row_that_two_submissions_fit_stays_open() -> None:
    sheet = TEAMS.format(group="Group").encode()
    teams = [entry(graded(), "Group A", "77"), entry(ungradable(), "Group A", "78")]
    filled, notices = fill_worksheet(sheet, teams)
    assert filled == sheet
    assert "than one student: Bob (Participant 12), Cy (Participant 14)" in notices[0]


NAMED = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 1,ada,a@x.org,S,,7.5,\n"
    "Participant 2,Cem  \u00d6z,c@x.org,S,,7.5,\n"
    "Participant 3,Bo,b@x.org,S,,7.5,\n"
    "Participant 4,Bo,d@x.org,S,,7.5,\n"
)


def test_folders_called_as_the_students_are_found_by_that_name() -> None:
    names = ("ada", "Cem O\u0308z", "Eve", "Bo")
    entries = [entry(graded(), name, "", "folder") for name in names]
    filled, notices = fill_worksheet(NAMED.encode(), entries)
    assert [row[4] for row in read_cells(filled)[1:]] == ["4.50", "4.50", "", ""]
    assert any("2 are found by the full name alone" in one and "ada (" in one for one in notices)
    assert any(
        "2 are left open" in one and "Participant 3, Participant 4" in one for one in notices
    )
    assert (
        "In the worksheet: 1 is in the course, but not in the sheet: Eve (@example.org)." in notices
    )


def test_two_folders_for_one_name_fill_nothing() -> None:
    entries = [entry(graded(), name, "", "folder") for name in ("Ada", "ada", "Cem \u00d6z")]
    filled, notices = fill_worksheet(NAMED.encode(), entries)
    assert [row[4] for row in read_cells(filled)[1:]] == ["", "4.50", "", ""]
    assert any("1 is left open, since more than one" in one for one in notices)


def test_a_participants_number_comes_before_a_name() -> None:
    filled, _ = fill_worksheet(NAMED.encode(), [entry(graded(), "ada", "2")])
    assert [row[4] for row in read_cells(filled)[1:]] == ["", "4.50", "", ""]
    with pytest.raises(SheetError, match="Nobody of the course"):
        fill_worksheet(NAMED.encode(), [entry(graded(), "ada", "9")])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_sheet_in_utf_16_is_filled_as_utf_8(encoding: str, separator: str) -> None:
    sheet = NAMED.replace(",", separator)
    filled, notices = fill_worksheet(sheet.encode(encoding), [entry(graded(), "Ada", "1")])
    rows_ = read_cells(filled, separator)
    assert filled.startswith("\ufeffIdentifier".encode())
    assert [row[4] for row in rows_[1:]] == ["4.50", "", "", ""]
    assert rows_[2][1] == "Cem  \u00d6z"
    assert any("UTF-16" in notice for notice in notices)


def test_the_row_of_another_student_stays_open() -> None:
    """As in the worksheet of another assignment, which numbers the same students otherwise."""
    sheet = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
        "Participant 12,Cy,cy@x.org,S,,7.5,\n"
        "Participant 13,Ada L,ada@x.org,S,,7.5,\n"
        "Participant 14,Di,di@x.org,S,,7.5,\n"
    )
    course = [
        entry(graded(), name, id) for name, id in (("Ada L", "12"), ("Cy", "13"), ("D", "14"))
    ]
    filled, notices = fill_worksheet(sheet.encode(), course)
    assert [row[4] for row in read_cells(filled)] == ["Grade", "", "", "4.50"]
    (told,) = [notice for notice in notices if "another's" in notice]
    assert "2 are left open" in told
    assert told.endswith(": Cy (Participant 12), Ada L (Participant 13).")
