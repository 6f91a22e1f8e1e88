"""The copy that names nobody, from a folder as Moodle gives it to pages and notebooks."""

from __future__ import annotations

import csv
import json
import re
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.anonymous import FOLDER, masked_entry, masked_notebook
from grader.course.identities import KnownStudents
from grader.course.pseudonyms import NAME
from grader.report.course import Appeal, Comment, Override
from tests.course.courses import ROOT, gradebook, solution
from tests.course.courses import grade as graded_by_command
from tests.made_results import entry, graded

ADA = replace(
    entry(graded("Ada L has 2, not 1."), "Ada Lovelace", "4171023"),
    overrides=(Override("kl", 3.0, "Ada explained it", 2.5, "Dr. Noether"),),
    comments=(Comment("kl", "Well done, Ada."),),
    appeals=(Appeal("kl", "open", "I am Ada Lovelace, and right."),),
    notes=("not graded: ada_lovelace_old.ipynb",),
)
MASKED = KnownStudents((ADA,), {ADA.name: "student-7f3a"}).masked(ADA)


def test_nothing_of_a_submission_names_its_student() -> None:
    nameless = masked_entry(ADA, MASKED)
    assert "lovelace" not in repr(nameless).casefold()
    assert "4171023" not in repr(nameless)
    assert nameless.result.submission.path == "student-7f3a.ipynb"
    assert nameless.comments[0].text == "Well done, student-7f3a."
    assert nameless.overrides[0].by == "Dr. Noether"
    assert nameless.result.points == ADA.result.points


def notebook(author: str, kind: str) -> str:
    """The solved notebook, full of its author; the ELBO is of a kind that courses know."""
    made = json.loads(solution(1, kind))
    made["metadata"]["authors"] = [{"name": author}]
    made["cells"][0]["metadata"] = {"executionInfo": {"user": {"displayName": author}}}
    made["cells"][0]["source"] = ["# Homework\n", f"by {author}, {author.split()[0]} for short"]
    hello = {**made["cells"][1], "cell_type": "code", "metadata": {}, "outputs": []}
    hello |= {"execution_count": None, "id": "hello", "source": f"print('I am {author.upper()}')"}
    made["cells"].append(hello)
    return json.dumps(made)


def test_a_notebook_keeps_its_pictures() -> None:
    picture = "iVBORw0KGgo/Ada+Lovelace=="
    output = {"output_type": "display_data", "metadata": {"name": "Ada"}}
    output["data"] = {"image/png": picture, "text/plain": ["Ada ", "Lovelace"]}
    cell = {"cell_type": "code", "metadata": {}, "source": ["x"], "outputs": [output]}
    text = masked_notebook(json.dumps({"cells": [cell], "nbformat": 4}), MASKED)
    assert text
    (shown,) = json.loads(text)["cells"][0]["outputs"]
    assert shown["data"] == {"image/png": picture, "text/plain": "student-7f3a"}
    assert shown["metadata"] == {}


@pytest.mark.parametrize("text", ["", "[]", '{"cells": [3]}', '{"cells": [{"source": 3}]}'])
def test_what_is_no_notebook_is_left_out(text: str) -> None:
    assert masked_notebook(text, MASKED) is None


SHEET = (
    "Identifier,Full name,Email address,Grade,Maximum grade,Feedback comments\n"
    "Participant 501,Ada Lovelace,ada@uni.example,,60,\n"
    "Participant 502,Emmy Noether,emmy@uni.example,,60,\n"
)


def feedback_of(name: str, out: Path) -> str:
    """The comment for a student in Moodle's worksheet."""
    with open(out / "moodle_worksheet.csv", encoding="utf-8", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["Full name"] == name)
    return row["Feedback comments"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no candidates")
def test_a_course_of_moodle_is_given_out_without_names(tmp_path: Path) -> None:
    handed, out, sheet = tmp_path / "in", tmp_path / "out", tmp_path / "sheet.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    for name, number, kind in (
        ("Ada Lovelace", 501, "right"),
        ("Emmy Noether", 502, "wrong_elbo"),
    ):
        folder = handed / f"{name}_{number}_assignsubmission_file_"
        folder.mkdir(parents=True)
        file = f"{name.replace(' ', '_').lower()}.ipynb"
        (folder / file).write_text(notebook(name, kind), encoding="utf-8")
    options = ("--moodle", str(sheet), "--feedback", "messages", "--anonymous")
    done = graded_by_command(handed, out, *options)
    assert done.returncode == 0, done.stderr
    copy = out / FOLDER
    pages = sorted((copy / "report" / "students").iterdir())
    notebooks = sorted((copy / "executed").iterdir())
    assert [path.stem for path in pages] == [path.stem for path in notebooks]
    assert len(pages) == 2
    for path in copy.rglob("*"):
        text = str(path.relative_to(copy)) + (path.read_text("utf-8") if path.is_file() else "")
        assert not re.search("lovelace|noether", text, re.IGNORECASE)
        assert not re.search(r"\b(Ada|Emmy|Participant|50[12]_assign)\b", text)
    assert "student-" in notebooks[0].read_text(encoding="utf-8")
    assert {row["student"] for row in gradebook(out).values()} == {"Ada Lovelace", "Emmy Noether"}
    assert "Participant 501,Ada Lovelace,ada@uni.example,60.00" in (
        out / "moodle_worksheet.csv"
    ).read_text(encoding="utf-8")
    with zipfile.ZipFile(out / "moodle_feedback.zip") as archive:
        page = archive.read("Emmy Noether_502_assignsubmission_file_/feedback.html").decode()
    assert "Emmy Noether" in page
    assert "Failed: 0 of" in page
    assert "Hint:" not in page
    assert "Try it below" not in page
    messages = feedback_of("Emmy Noether", out)
    assert "ELBO: 0 of 15" in messages
    assert "Hint:" not in messages
    assert stat.S_IMODE((out / NAME).stat().st_mode) == 0o600

    command = ("publish", str(out), "--moodle", str(sheet), "--feedback", "points")
    published = subprocess.run(
        [sys.executable, "-m", "grader", *command], capture_output=True, text=True, cwd=ROOT
    )
    assert published.returncode == 0, published.stderr
    points = feedback_of("Emmy Noether", out)
    assert "ELBO: 0 of 15" in points
    assert len(points) < len(messages)

    again = graded_by_command(handed, out, *options, "--regrade", "--no-run")
    assert again.returncode == 0, again.stderr
    assert [path.name for path in sorted((copy / "report" / "students").iterdir())] == [
        path.name for path in pages
    ]
    assert not list((copy / "executed").iterdir())  # not run, so nothing ran in this grading
    named = graded_by_command(handed, out, "--no-run")
    assert "The folder anonymous is of an earlier grading" in named.stderr
