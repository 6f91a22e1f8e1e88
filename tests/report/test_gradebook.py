"""gradebook.csv and nbgrader's grades.csv, read back by the csv module."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from grader.platforms.nbgrader.grades import Enrolled, Roster, to_nbgrader
from grader.report.gradebook import to_gradebook
from tests.made_results import HOSTILE, course, entry, graded


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_a_row_a_student_with_points_of_tasks_and_checks() -> None:
    rows = read(to_gradebook(course()))
    assert [row["student"] for row in rows] == ["Ada L", "Bob", "Cy", "Zo\u00eb", "Bo"]
    ada, bob, _, zoe, bo = rows
    assert list(ada)[8:14] == [
        "kl",
        "elbo",
        "kl.total",
        "kl.per_sample",
        "elbo.average",
        "elbo.gradient",
    ]
    assert (ada["points"], ada["max_points"]) == ("4.5", "7.5")
    assert (ada["kl"], ada["kl.total"], ada["kl.per_sample"]) == ("2.5", "2.5", "0")
    assert (bob["status"], bob["points"], bob["kl"]) == ("ungradable", "0", "0")
    assert "class VAE" in bob["reason"]
    assert (zoe["name"], zoe["points"]) == (bo["name"], bo["points"])
    assert "late" in zoe["flags"]
    assert "set by hand: kl.total 2.5 (spoken about it)" in zoe["flags"]
    assert "rule broken: no_additional_imports" in ada["flags"]


def test_what_could_not_be_checked_is_flagged() -> None:
    result = graded()
    task, *others = result.tasks
    refused = replace(task.checks[0], status="failed", evidence={"refused": "file"})
    unchecked = replace(result, tasks=(replace(task, checks=(refused, *task.checks[1:])), *others))
    rows = read(to_gradebook([entry(unchecked), entry(result)]))
    assert ["couldn't be checked: kl" in row["flags"] for row in rows] == [True, False]


def test_the_time_of_a_submission_is_in_both_tables() -> None:
    moment = datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    entries = [replace(entry(graded()), submitted=moment), entry(graded(), "Bob", "13")]
    rows = read(to_gradebook(entries))
    assert [row["submitted_utc"] for row in rows] == ["2026-01-02 03:04:05", ""]
    rows = read(to_nbgrader(entries, "vae")[0])
    assert [row["timestamp"] for row in rows] == ["2026-01-02 03:04:05", ""]


def test_open_points_are_empty_and_never_zero() -> None:
    cy = read(to_gradebook(course()))[2]
    assert (cy["status"], cy["points"], cy["kl"], cy["kl.per_sample"]) == (
        "grader_error",
        "",
        "",
        "",
    )
    assert (cy["kl.total"], cy["elbo"]) == ("2.5", "2")


def test_empty_course_has_a_header() -> None:
    assert to_gradebook(()).startswith(b"\xef\xbb\xbfname,student,")


def test_hostile_names_stay_in_their_cell() -> None:
    one = entry(graded(HOSTILE))
    identity = replace(one.students[0], name=HOSTILE, email="@SUM(1)", id="-1")
    (row,) = read(to_gradebook([replace(one, students=(identity,), notes=("=1+1", HOSTILE))]))
    assert row["student"].startswith("'=cmd")
    assert (row["email"], row["id"]) == ("'@SUM(1)", "'-1")
    assert None not in row
    assert "\x00" not in "".join(row.values())


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Zo\u00eb", "", "Zo\u00eb"),
        (" Bo ", "", "Bo"),
        ("Ada King L", "Ada King", "L"),
        ("", "", ""),
    ],
)
def test_nbgrader_keeps_every_word_of_a_name(name: str, first: str, last: str) -> None:
    one = entry(graded())
    one = replace(one, students=(replace(one.students[0], name=name),))
    (row,) = read(to_nbgrader([one], "vae")[0])
    assert (row["first_name"], row["last_name"]) == (first, last)


def test_who_handed_nothing_in_has_a_row_without_a_score() -> None:
    roster = Roster({"12": Enrolled("Ada", "L", "a@x.org"), "99": Enrolled("Eve", "", "e@x.org")})
    content, notices = to_nbgrader([entry(graded())], "vae", roster, zeros=True)
    ada, eve = read(content)
    assert (ada["email"], ada["score"]) == ("a@x.org", "4.5")
    assert (eve["student_id"], eve["first_name"], eve["email"]) == ("99", "Eve", "e@x.org")
    assert (eve["raw_score"], eve["score"], eve["max_score"]) == ("", "", "7.5")
    assert any("handed nothing in" in n and n.endswith(": 99.") for n in notices)


def test_nbgrader_columns() -> None:
    roster = Roster({}, {"vae": "2026-01-01 00:00:00", "other": "2027-01-01 00:00:00"})
    content, notices = to_nbgrader(course("nbgrader"), "vae", roster)
    rows = read(content)
    expected = {
        "assignment": "vae",
        "duedate": "2026-01-01 00:00:00",
        "timestamp": "",
        "student_id": "12",
        "last_name": "L",
        "first_name": "Ada",
        "email": "12@example.org",
        "raw_score": "4.5",
        "late_submission_penalty": "0",
        "score": "4.5",
        "max_score": "7.5",
    }
    assert rows[0] == expected
    assert [*rows[0]] == [*expected]
    assert [row["score"] for row in rows] == ["4.5", "", "", "4.5", "4.5"]
    assert len(notices) == 2
    assert "could not be graded" in notices[1]
    zeros, _ = to_nbgrader(course("nbgrader"), "vae", zeros=True)
    assert [row["score"] for row in read(zeros)] == ["4.5", "0", "", "4.5", "4.5"]


def test_names_of_nbgraders_own_gradebook_win_and_both_sides_are_held_together() -> None:
    known = {"12": Enrolled("Ada", "de la L", "ada@x.org"), "99": Enrolled("Eve", "E")}
    entries = [entry(graded(), platform="nbgrader"), entry(graded(), "Zed", "13", "nbgrader")]
    content, notices = to_nbgrader(entries, "vae", Roster(known))
    names = [(row["first_name"], row["last_name"], row["email"]) for row in read(content)]
    assert names == [
        ("Ada", "de la L", "ada@x.org"),
        ("", "Zed", "13@example.org"),
        ("Eve", "E", ""),
    ]
    assert "not in the sheet: Zed (13)" in notices[0]
    assert notices[1].endswith(": 99.")
