"""Every student of every course has a row, and the counts at the end add up to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made_results import graded

from grader.batch import command
from grader.batch.find import NOTHING, Found, find_submissions
from grader.batch.options import CourseOptions
from grader.report.result import Result
from tests.batch.courses import gradebook
from tests.batch.layouts import CASES, Case, laid_out, tarred, zipped

each_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder


def check(found: Found, case: Case) -> None:
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
    check(find_submissions(laid_out(case.files, tmp_path / "in"), unpacked, case.assignment), case)


@each_case
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_in_an_archive(case: Case, pack: Any, tmp_path: Path, unpacked: Path) -> None:
    path = tmp_path / "course.download"
    path.write_bytes(pack(case.files))
    check(find_submissions(path, unpacked, case.assignment), case)


@each_case
def test_rows_and_counts(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def quickly(
        _: Any, rubric: Any, store: Any, new: Sequence[Any], how: bytes
    ) -> dict[str, Result]:
        grader: Any = SimpleNamespace(rubric=rubric)
        return {
            one.name: graded()
            if one.notebook
            else command._grade_one(one, grader, store.folder, tmp_path, how, {})
            for one in new
        }

    monkeypatch.setattr(command, "_graded", quickly)
    top, out = laid_out(case.files, tmp_path / "in"), tmp_path / "out"
    options = CourseOptions(out=out, nbgrader=case.assignment)
    status = command.run(command.Course(top, options, no_run=True))
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
