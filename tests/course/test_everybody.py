"""Every student of every course has a row, and the counts at the end add up to them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from grader.composition import Options
from grader.course import command
from grader.course.find import NOTHING, Gathered, Submission
from grader.course.grade_submission import grade_submission
from grader.course.keeping import Keeper
from grader.course.options import CourseOptions
from grader.course.store import Store
from grader.course.summary import overview_of, summary
from grader.course.work import Outcome, work_of
from grader.platforms.download import SubmissionsError
from grader.report.course import Entry, Identity
from grader.report.to_json import to_json
from grader.vae import ASSIGNMENT
from tests.course.courses import gradebook
from tests.course.layouts import (
    ASTRAY,
    BESIDE,
    BLANK,
    CASES,
    DOUBTFUL,
    FULL,
    PDF,
    PILES,
    RESULTS,
    SECTIONS,
    VERSIONS,
    Case,
    Files,
    asked,
    files,
    found_in,
    laid_out,
    tarred,
    zipped,
)
from tests.made_results import graded

EVERY = CASES | SECTIONS | PILES | VERSIONS | BESIDE
each_case = pytest.mark.parametrize("case", EVERY.values(), ids=list(EVERY))


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder


def check(found: Gathered, case: Case) -> None:
    came = {one.student: one for one in found.submissions}
    assert sorted(came) == sorted(case.students)
    assert len(found.submissions) == len(case.students)
    for student, expected in case.students.items():
        one = came[student]
        if expected.startswith("!"):
            assert one.notebook is None
            assert one.notices[0].startswith(NOTHING)
            assert expected[1:] in one.notices[0]
        else:
            assert one.notebook is not None
            assert one.notebook.path is not None
            assert one.notebook.parts[-1] == expected
            assert all(name in " ".join(one.notices) for name in one.others)


@each_case
def test_in_a_folder(case: Case, tmp_path: Path, unpacked: Path) -> None:
    check(found_in(laid_out(case.files, tmp_path / "in"), unpacked, case.assignment), case)


@each_case
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_in_an_archive(case: Case, pack: Any, tmp_path: Path, unpacked: Path) -> None:
    path = tmp_path / "course.download"
    path.write_bytes(pack(case.files))
    check(found_in(path, unpacked, case.assignment), case)


@pytest.mark.parametrize("case", ASTRAY.values(), ids=list(ASTRAY))
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_are_not_followed(case: Case, pack: Any, tmp_path: Path, unpacked: Path) -> None:
    path = tmp_path / "course.zip"
    path.write_bytes(pack(case.files))
    found = found_in(path, unpacked)
    check(found, case)
    assert all(path.is_relative_to(unpacked) for path in tmp_path.rglob("*.ipynb"))
    astray = [name for name in case.files if ".." in name or name.startswith(("/", "\\", "C:"))]
    assert len(found.notices) >= sum(name.endswith(".ipynb") for name in astray)


@pytest.mark.parametrize(("files", "named"), DOUBTFUL.values(), ids=list(DOUBTFUL))
def test_what_may_be_sections_is_asked_about(
    files: Files, named: str, tmp_path: Path, unpacked: Path
) -> None:
    found = found_in(laid_out(files, tmp_path / "in"), unpacked)
    assert "students or sections" in found.doubt
    assert named in found.doubt
    tops = sorted({name.split("/")[0].removesuffix(".zip") for name in files})
    assert [one.student for one in found.submissions] == tops


def test_who_is_in_two_parts_of_the_alphabet_is_asked_about(tmp_path: Path, unpacked: Path) -> None:
    found = found_in(laid_out(files("A-K/ada", "L-Z/ada", "L-Z/bob"), tmp_path / "in"), unpacked)
    assert [one.student for one in found.submissions] == ["A-K ada", "L-Z ada", "bob"]
    assert "one student can't be told" in found.doubt
    assert "ada (A-K, L-Z)" in found.doubt


@pytest.mark.parametrize(
    ("names", "graded", "other"),
    [
        (("late/ada", "on time/ada"), "ada/late/ada", "ada/on time/ada"),
        (("attempt 9/ada", "attempt 10/ada"), "ada/attempt 10/ada", "ada/attempt 9/ada"),
        (("2026-11-03/ada/vae", "2026-11-10/ada"), "ada/2026-11-10/ada", "ada/2026-11-03/vae"),
        (("ada/vae", "resubmissions/ada/vae"), "ada/resubmissions/vae", "ada/vae"),
        (
            ("late/Ada_1_assignsubmission_file_/vae", "ontime/Ada_1_assignsubmission_file_/vae"),
            "Ada_1_assignsubmission_file_/late/vae",
            "Ada_1_assignsubmission_file_/ontime/vae",
        ),
    ],
)
def test_who_is_in_two_piles_of_time_has_one_row_and_all_is_named(
    names: Sequence[str], graded: str, other: str, tmp_path: Path, unpacked: Path
) -> None:
    found = found_in(laid_out(files(*names, "ontime/bob"), tmp_path / "in"), unpacked)
    ada, *_ = sorted(found.submissions, key=lambda one: one.name.lower())
    assert len(found.submissions) == 2
    assert ada.notices == (f"Of 2 notebooks {graded}.ipynb is graded, not {other}.ipynb.",)


def kept_at_once(_: Any, rubric: Any, store: Store, new: Sequence[Submission], how: bytes) -> None:
    """Keep a result of each submission without grading it."""
    nothing: Any = SimpleNamespace(rubric=rubric, assignment=ASSIGNMENT)
    for one in new:
        work, keeper = work_of(one, how), Keeper(store)
        outcome = Outcome(to_json(graded()).encode())
        if one.notebook is None:
            outcome = grade_submission(work, nothing, store.folder)
        keeper.keep_beside(work, outcome)
        keeper.keep(work, outcome)


def test_what_is_asked_about_is_said_in_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_grade_new", kept_at_once)
    files, named = DOUBTFUL["neither"]
    course = command.Course(
        laid_out(files, tmp_path / "in"), CourseOptions(out=tmp_path / "out"), Options()
    )
    assert command.run(course) == 1
    assert named in capsys.readouterr().err


@each_case
def test_rows_and_counts(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_grade_new", kept_at_once)
    top, out = laid_out(case.files, tmp_path / "in"), tmp_path / "out"
    options = CourseOptions(out=out, values=asked(case.assignment))
    status = command.run(command.Course(top, options, Options(run=False)))
    rows = gradebook(out)
    students = sum(len(name.split(", ")) for name in case.students)
    left = [name for name, expected in case.students.items() if expected.startswith("!")]
    assert len(rows) == len({row["name"] for row in rows.values()})
    assert status == (1 if left else 0)
    told = capsys.readouterr().out
    first, *others = re.findall(r"^(\d+) (?:of|could|handed|are)", told, re.MULTILINE)
    assert f"{first} of {students} students are graded." in told
    assert int(first) + sum(map(int, others)) == students
    pages = {path.stem for path in (out / "report" / "students").iterdir()}
    assert pages >= set(rows)


def test_what_is_left_out_is_told(tmp_path: Path, unpacked: Path) -> None:
    top = laid_out({**files("ada", "bob", "solution"), **RESULTS}, tmp_path / "in")
    found = found_in(top, unpacked)
    assert [one.student for one in found.submissions] == ["ada", "bob"]
    assert found.notices == (
        "results/ holds the results of an earlier grading; it was left out.",
        "solution.ipynb is called like a template or a solution, and no student is; "
        "it was left out.",
    )


def test_the_average_is_that_of_the_students_who_are_counted() -> None:
    points = {"ada": 60.0, "bob, cem": 57.0}
    entries = [
        Entry(name, replace(graded(), points=of), tuple(map(Identity, name.split(", "))))
        for name, of in points.items()
    ]
    told = summary(overview_of(entries), [])
    assert told.startswith("3 of 3 students are graded. They have 58 of 7.5 points")


PART = st.sampled_from(
    [
        *(
            "ada",
            "bob",
            "hw",
            "submitted",
            "vae",
            "__MACOSX",
            ".ipynb_checkpoints",
            "export",
            "ada.zip",
            "..",
            "C:",
            "Tutorial 1",
            "Tutorial 2",
            "data",
            "late",
            "2026-11-03",
            "A-K",
        ),
        *(
            "Ada_1_assignsubmission_file_",
            "Bo_2_assignsubmission_file_",
            "x_10_2001_y",
            "z_11_2002_y",
        ),
        *("HW_ab_attempt_2026-03-01-12-00-00", "12-7 - Cem - Mar 1, 2026 1205 PM"),
    ]
)
LEAF = st.sampled_from(
    [
        "vae.ipynb",
        "vae-1.ipynb",
        "vae.py",
        "timestamp.txt",
        "a.pdf",
        ".DS_Store",
        "x_10_2003_v.ipynb",
    ]
)
NAMES = st.tuples(st.lists(PART, max_size=4), LEAF).map(lambda it: "/".join((*it[0], it[1])))
CONTENT = st.sampled_from([FULL, BLANK, PDF, "", "2026-01-01 00:00:00 UTC"])


@settings(max_examples=150)
@given(st.dictionaries(NAMES, CONTENT, min_size=1, max_size=8), st.sets(PART, max_size=3))
def test_whatever_the_layout_nothing_is_lost_without_a_word(
    files: dict[str, str | bytes], empty: set[str]
) -> None:
    with tempfile.TemporaryDirectory() as top:
        path, unpacked = Path(top, "course.zip"), Path(top, "unpacked")
        unpacked.mkdir()
        path.write_bytes(zipped(files | dict.fromkeys(empty)))
        try:
            found = found_in(path, unpacked)
        except SubmissionsError:
            event("refused")
            return
        told = [one.notebook.name for one in found.submissions if one.notebook]
        assert len(told) == len(set(told))
        words = " ".join(
            [*told, *found.notices]
            + [word for one in found.submissions for word in (*one.notices, *one.others)]
            + [module.name for one in found.submissions for module in one.modules]
        )
        for name in files:
            parts = name.split("/")
            is_notebook = name.endswith(".ipynb") and not any(
                part in ("__MACOSX", ".ipynb_checkpoints") for part in parts
            )
            # Of nbgrader's tree only what lies below 'submitted' is somebody's.
            if is_notebook and "submitted" not in "".join(files):
                assert parts[-1] in words, (name, words)
        assert all(one.students and one.name for one in found.submissions)
