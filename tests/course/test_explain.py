"""`grade explain` finds the student and the check, and says which there are where it doesn't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.folder import store_of
from grader.course.kept_code import KeptCode
from grader.course.pseudonyms import pseudonyms_of
from grader.course.roster import Listed, Roster, write_roster
from grader.report.course import Entry
from tests.made_course import keep, keep_code
from tests.made_results import entry, graded, ungradable

CODE = "import torch\n\n\nclass VAE(torch.nn.Module):\n    pass\n"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A folder of results: three students, one of whom handed in nothing."""
    store = store_of(tmp_path)
    found = [entry(graded(), "Ada L", "12"), entry(graded(), "Bo", "13"), _nothing()]
    for one in found:
        keep(store, one.name, one.result, "x")
        keep_code(tmp_path, one.name, KeptCode(CODE))
    listed = tuple(Listed(one.name, one.students) for one in found)
    write_roster(tmp_path, Roster("course", None, listed))
    return tmp_path


def _nothing() -> Entry:
    return replace(entry(ungradable(), "Cy", "14"))


def explain(*arguments: object) -> tuple[int, str]:
    """Return the exit status and all that is printed."""
    done = CliRunner().invoke(main, ["explain", *map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize("student", ["Ada_L_12", "Ada L", "12", "12@example.org"])
def test_a_student_is_called_as_in_overrides(course: Path, student: str) -> None:
    status, text = explain(course, student, "kl.per_sample")
    assert status == 0, text
    assert text.startswith("Ada L (12), KL, kl.per_sample: 0 of 1 points What was asked")
    assert "Failed: It was 2, not 1." in text
    assert "class VAE(torch.nn.Module): pass" in text


def test_what_was_decided_is_said(course: Path) -> None:
    (course / "overrides.yaml").write_text(
        "- {student: Ada L, target: kl.per_sample, points: 1, reason: the example is ours}\n",
        encoding="utf-8",
    )
    status, text = explain(course, "Ada L", "kl.per_sample")
    assert status == 0, text
    assert "0 of 1 points, now 1" in text
    assert "Reason: the example is ours" in text


def test_a_pseudonym_stands_for_a_student(course: Path) -> None:
    called = pseudonyms_of(course, ["Bo_13"])["Bo_13"]
    (course / "overrides.yaml").write_text(
        f"- {{student: {called}, target: kl.per_sample, points: 1, reason: it is right}}\n",
        encoding="utf-8",
    )
    status, text = explain(course, called, "kl.per_sample")
    assert status == 0, text
    assert "Bo (13), KL, kl.per_sample: 0 of 1 points, now 1" in text
    (course / "pseudonyms.json").write_text("[]", encoding="utf-8")
    assert explain(course, called, "kl.per_sample")[0] == 2


def test_near_names_are_suggested(course: Path) -> None:
    assert explain(course, "Ade", "kl.total") == (
        2,
        "Error: There is no student 'Ade'. Do you mean Ada_L_12?",
    )
    status, text = explain(course, "Xxxxxxxx", "kl.total")
    assert (status, text) == (
        2,
        "Error: There is no student 'Xxxxxxxx'. There are Ada_L_12, Bo_13, Cy_14.",
    )


def test_checks_that_there_are_are_named(course: Path) -> None:
    status, text = explain(course, "Bo", "kl.per_sampel")
    assert status == 2
    assert "There is no check 'kl.per_sampel'. Do you mean kl.per_sample?" in text
    assert "There are kl.total, kl.per_sample, elbo.gradient." in text


def test_of_nothing_there_is_nothing_to_explain(course: Path) -> None:
    status, text = explain(course, "Cy", "kl.total")
    assert (status, text) == (
        2,
        "Error: Nothing can be explained of Cy (14): There is no class VAE.",
    )


def test_the_script_is_written(course: Path, tmp_path: Path) -> None:
    script = tmp_path / "shows.py"
    status, text = explain(course, "Bo", "kl.per_sample", "--script", script)
    assert status == 0, text
    assert "class VAE" not in text
    compile(script.read_text(encoding="utf-8"), "script", "exec")
    assert "class VAE(torch.nn.Module):" in script.read_text(encoding="utf-8")
    (course / "code" / "Bo_13.json").unlink()
    status, text = explain(course, "Bo", "kl.per_sample", "--script", script)
    assert status == 1
    assert "There is no script, since the class isn't kept" in text
    assert explain(course, "Bo", "kl.per_sample")[0] == 0
    assert explain(course, "Bo", "kl.total", "--script", tmp_path / "no" / "x.py")[0] == 2


def test_a_folder_without_a_course_is_refused(tmp_path: Path) -> None:
    status, text = explain(tmp_path, "Bo", "kl.total")
    assert status == 2
    assert "course.json" in text
