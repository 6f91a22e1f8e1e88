"""Moodle's worksheet: filled by number, and byte for byte the same everywhere else."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace

import pytest
from made_results import HOSTILE, broken_grader, course, entry, graded, ungradable

from grader.report.moodle import WorksheetError, feedback_zip, fill_worksheet

ENGLISH = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\r\n'
    '"Participant 12","Ada L",ada@x.org,"Submitted, ""late""",,60.00,Yes,"Monday, 1 June",-,\r\n'
    '"Participant 13","Bob",bob@x.org,Submitted,10.00,60.00,Yes,-,-,"old\r\ncomment"\r\n'
    '"Participant 99","Eve",eve@x.org,"No submission",,60.00,Yes,-,-,\r\n'
)
GERMAN = (
    "ID;Name;Status;Bewertung;Bestwertung;Bewertung kann ge\u00e4ndert werden;"
    "Zuletzt ge\u00e4ndert (Bewertung);Feedback als Kommentar\n"
    "Teilnehmer/in12;Ada;Abgegeben;;60,00;Ja;-;\n"
    "Teilnehmer/in13;Bob;Abgegeben;;60,00;Ja;-;\n"
)


def read(content: bytes, delimiter: str = ",") -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def test_only_grade_and_feedback_change() -> None:
    filled, notices = fill_worksheet(
        ENGLISH.encode(), [entry(graded()), entry(ungradable(), "B", "13")]
    )
    assert notices == []
    before, after = read(ENGLISH.encode()), read(filled)
    assert [row[4] for row in after] == ["Grade", "4.50", "0.00", ""]
    assert after[1][9].startswith("4.5 of 7.5 points.<br>")
    assert after[2][9] == "Not graded: There is no class VAE."
    for old, new in zip(before, after, strict=True):
        assert [*old[:4], *old[5:9]] == [*new[:4], *new[5:9]]
    kept = re.sub(r',4\.50,(.*?)-,"4\.5 of.*?"\r\n', r",,\1-,\r\n", filled.decode())
    kept = kept.replace(",0.00,60", ",10.00,60")
    kept = kept.replace('"Not graded: There is no class VAE."', '"old\r\ncomment"')
    assert kept == ENGLISH


def test_nothing_to_fill_changes_no_byte() -> None:
    assert fill_worksheet(ENGLISH.encode(), [])[0] == ENGLISH.encode()
    assert fill_worksheet(GERMAN.encode(), [])[0] == GERMAN.encode()
    odd = ENGLISH.replace("Bob", "J\u00f6rg").encode("cp1252", "ignore")
    assert fill_worksheet(odd, [])[0] == odd


def test_other_languages_by_structure() -> None:
    filled, notices = fill_worksheet(GERMAN.encode(), [entry(graded())])
    assert notices == []
    ada = read(filled, ";")[1]
    assert ada[:5] == ["Teilnehmer/in12", "Ada", "Abgegeben", "4,50", "60,00"]
    assert ada[7].startswith("4.5 of 7.5")
    assert filled.decode().startswith(GERMAN.split("Teilnehmer")[0])


def test_headers_can_be_named() -> None:
    sheet = b"Kennung,Punkte,Bemerkung,Ende\nNr 12,,,-\n"
    with pytest.raises(WorksheetError, match="--grade-header"):
        fill_worksheet(sheet, [])
    filled, notices = fill_worksheet(sheet, [entry(ungradable())], "Punkte")
    assert filled == b"Kennung,Punkte,Bemerkung,Ende\nNr 12,0.00,,-\n"
    assert "--feedback-header" in notices[0]
    filled, _ = fill_worksheet(sheet, [entry(ungradable())], "Punkte", "Bemerkung")
    assert b'Nr 12,0.00,"Not graded: There is no class VAE.",-\n' in filled
    with pytest.raises(WorksheetError, match="no column 'Note'"):
        fill_worksheet(sheet, [], "Note")


def test_open_grades_and_strangers_are_said() -> None:
    filled, notices = fill_worksheet(
        ENGLISH.encode(), [entry(broken_grader()), entry(graded(), "Zed", "777")]
    )
    assert filled == ENGLISH.encode()
    assert notices == [
        "Ada_L_12 is left open: the grader failed on it.",
        "Zed_777 is not in the worksheet.",
    ]


def test_group_members_all_get_the_grade() -> None:
    one = entry(graded())
    pair = replace(one, students=(*one.students, replace(one.students[0], id="99")))
    assert [row[4] for row in read(fill_worksheet(ENGLISH.encode(), [pair])[0])[1:]] == [
        "4.50",
        "10.00",
        "4.50",
    ]


def test_hostile_messages_are_escaped_and_stay_in_their_cell() -> None:
    filled, _ = fill_worksheet(ENGLISH.encode(), [entry(graded(HOSTILE))])
    rows = read(filled)
    assert [len(row) for row in rows] == [10, 10, 10, 10]
    assert "<script" not in rows[1][9]
    assert "&lt;script&gt;" in rows[1][9]


@pytest.mark.parametrize(
    "worksheet",
    [b"", b"Identifier,Grade\n", b"a,b\n1,2\n", b'Identifier,Grade\n"Participant 1,2\n', b"\0\xff"],
)
def test_what_is_no_worksheet_is_refused_in_one_sentence(worksheet: bytes) -> None:
    with pytest.raises(WorksheetError, match=r"^The worksheet .*"):
        fill_worksheet(worksheet, [])


def test_feedback_zip_uses_the_names_of_the_download() -> None:
    content = feedback_zip(course(), {"Bob_13": ("feedback.html", b"<p>page</p>")})
    assert content == feedback_zip(course(), {"Bob_13": ("feedback.html", b"<p>page</p>")})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist()[:2] == [
            "Ada L_12_assignsubmission_file_/feedback.txt",
            "Bob_13_assignsubmission_file_/feedback.html",
        ]
        assert archive.read(archive.namelist()[1]) == b"<p>page</p>"
        assert archive.read(archive.namelist()[0]).startswith(b"4.5 of 7.5 points.")
    with zipfile.ZipFile(io.BytesIO(feedback_zip(course("canvas"), {}))) as archive:
        assert archive.namelist() == []


def test_a_course_from_elsewhere_fills_nothing_and_says_so() -> None:
    filled, notices = fill_worksheet(ENGLISH.encode(), [entry(graded(), platform="folder")])
    assert filled == ENGLISH.encode()
    assert notices == ["No row of the worksheet is filled: no submission came from Moodle."]
