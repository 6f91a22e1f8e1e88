"""Overrides: read from either kind of file, laid over results, and pointed out when stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_results import broken_grader, entry, graded, ungradable

from grader.batch.overrides import OverridesError, Wish, overridden, read_overrides
from grader.report.gradebook import to_gradebook
from grader.report.gradescope import to_gradescope
from grader.report.plain import to_plain
from grader.report.result import Result

YAML = """
- {student: Ada_L_12, target: kl.per_sample, points: 0.5, reason: "oral, exam"}
- student: 12@example.org
  target: elbo
  points: 4
  was: 2
  reason: right on paper
"""
CSV = (
    "\ufeffstudent,target,points,was,reason\r\n"
    'Ada_L_12,kl.per_sample,0.5,,"oral, exam"\r\n'
    "12@example.org,elbo,4,2,right on paper\r\n"
)


@pytest.mark.parametrize(("name", "text"), [("overrides.yaml", YAML), ("overrides.csv", CSV)])
def test_both_kinds_of_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert read_overrides(tmp_path) == (
        Wish(1, "Ada_L_12", "kl.per_sample", 0.5, "oral, exam"),
        Wish(2, "12@example.org", "elbo", 4.0, "right on paper", 2.0),
    )


def apply(result: Result, *wishes: tuple[str, float], was: float | None = None):
    made = [
        Wish(number, "Ada_L_12", target, points, "because", was)
        for number, (target, points) in enumerate(wishes, 1)
    ]
    (one,), notices = overridden([entry(result)], made)
    return one, notices


@pytest.mark.parametrize(
    ("wishes", "points", "kl"),
    [
        ([("kl.per_sample", 1)], 5.5, 3.5),
        ([("kl.per_sample", 0.5)], 5.0, 3.0),
        ([("kl", 0)], 2.0, 0.0),
        ([("kl", 3), ("kl.per_sample", 1)], 5.0, 3.0),
        ([("total", 7), ("kl", 3)], 7.0, 3.0),
    ],
)
def test_sums_fit(wishes: list[tuple[str, float]], points: float, kl: float) -> None:
    one, notices = apply(graded(), *wishes)
    assert notices == []
    assert (one.result.points, one.result.tasks[0].points) == (points, kl)
    assert len(one.overrides) == len(wishes)


def test_every_output_is_marked() -> None:
    one, _ = apply(graded(), ("kl.per_sample", 1.0))
    mark = "kl.per_sample has 1 points instead of 0. Reason: because"
    assert mark in to_plain(one.result, one.overrides)
    assert mark in to_gradescope(one.result, one.overrides)
    assert b"set by hand: kl.per_sample 1 (because)" in to_gradebook([one])
    assert "Set by hand: because" in one.result.tasks[0].checks[1].message


@pytest.mark.parametrize("target", ["kl.per_sample", "kl", "total"])
def test_a_grader_error_can_be_settled(target: str) -> None:
    one, notices = apply(broken_grader(), (target, 1.0))
    assert (one.result.status, notices) == ("graded", [])
    checks = one.result.tasks[0].checks
    assert all(check.status != "grader_error" for check in checks)


def test_an_ungradable_notebook_can_get_points() -> None:
    one, notices = apply(ungradable(), ("total", 5.0))
    assert (one.result.points, notices) == (5.0, [])
    assert "Set by hand: total has 5 points" in to_plain(one.result, one.overrides)


@pytest.mark.parametrize(
    ("target", "points", "was", "told"),
    [
        ("kl.gone", 1.0, None, "the result has no 'kl.gone'"),
        ("kl", 2.5, None, "changes nothing"),
        ("kl", 3.0, 2.0, "made for 2 points, now it is 2.5"),
        ("kl", 9.0, None, "3.5 are the most"),
    ],
)
def test_stale_overrides_are_pointed_out(
    target: str, points: float, was: float | None, told: str
) -> None:
    _, notices = apply(graded(), (target, points), was=was)
    assert len(notices) == 1
    assert told in notices[0]


def test_students_that_are_not_there_or_not_told_apart() -> None:
    entries = [entry(graded(), "Ada", "1"), entry(graded(), "Ada", "2")]
    wishes = [
        Wish(1, "Ada", "kl", 1, "x"),
        Wish(2, "Eve", "kl", 1, "x"),
        Wish(3, "2", "kl", 1, "x"),
    ]
    changed, notices = overridden(entries, wishes)
    assert [len(one.overrides) for one in changed] == [0, 1]
    assert "several students" in notices[0]
    assert "no such student" in notices[1]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("overrides.yaml", "student: x", "must be a list"),
        ("overrides.yaml", "- [", "can't be read"),
        ("overrides.yaml", "- x", "entry 1: it must have the keys"),
        ("overrides.yaml", "- {student: a, target: kl, points: 1}", "no reason"),
        ("overrides.yaml", "- {student: a, target: kl, points: .nan, reason: x}", "a number"),
        ("overrides.yaml", "- {student: a, target: kl, points: true, reason: x}", "a number"),
        ("overrides.yaml", "- {studnet: a}", "'studnet' is not known"),
        ("overrides.csv", "student,target,points,reason\na,kl,-1,x\n", "0 or more"),
        ("overrides.csv", "student,target,points,reason\na,kl,1,x,y,z\n", "not known"),
    ],
)
def test_what_can_not_be_used_is_said(tmp_path: Path, name: str, text: str, why: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(OverridesError, match=why):
        read_overrides(tmp_path)


def test_no_file_and_two_files(tmp_path: Path) -> None:
    assert read_overrides(tmp_path) == ()
    for name in ("overrides.yaml", "overrides.csv"):
        (tmp_path / name).touch()
    with pytest.raises(OverridesError, match="keep one"):
        read_overrides(tmp_path)
