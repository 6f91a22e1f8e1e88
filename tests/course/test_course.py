"""`grade FOLDER --out DIR` from end to end, also when it is stopped and called again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.course.fingerprint import FINGERPRINT
from grader.course.store import Store
from tests.course.courses import (
    ROOT,
    command,
    grade,
    gradebook,
    handed_in,
    results,
    solution,
    wait_for_results,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no candidates")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small course and its grading; no test changes them."""
    top = tmp_path_factory.mktemp("course")
    handed = handed_in(top / "in", ["right", "wrong_elbo", "exits", "right"])
    (handed / "student_004").mkdir()
    (handed / "student_004" / "essay.pdf").touch()
    (handed / "broken.ipynb").write_text("{")
    done = grade(handed, top / "out", "--no-run", "--jobs", "2")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return handed, top / "out"


@pytest.fixture
def course(undisturbed: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A copy of both, to change."""
    handed, out = tmp_path / "in", tmp_path / "graded"
    shutil.copytree(undisturbed[0], handed)
    shutil.copytree(undisturbed[1], out)
    return handed, out


def test_everybody_has_a_result_and_a_row(course: tuple[Path, Path]) -> None:
    _, out = course
    found = results(out)
    assert {name: (one["status"], one["points"]) for name, one in found.items()} == {
        "broken": ("ungradable", 0.0),
        "student_000": ("graded", 60.0),
        "student_001": ("graded", 45.0),
        "student_002": ("graded", 45.0),
        "student_003": ("graded", 60.0),
        "student_004": ("ungradable", 0.0),
    }
    assert found["student_001"]["submission"]["student"] == "student_001"
    assert found["student_001"]["submission"]["path"] == "student_001/vae.ipynb"
    rows = gradebook(out)
    assert list(rows) == list(found)
    assert (rows["student_001"]["elbo"], rows["student_001"]["kl"]) == ("0", "5")
    assert "essay.pdf" in rows["student_004"]["reason"]
    page = (out / "report" / "students" / "student_001.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page


def test_only_what_is_new_or_changed_is_graded(course: tuple[Path, Path]) -> None:
    handed, out = course
    before = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    changed = out / "results" / "student_000.json"
    notebook = handed / "student_000" / "vae.ipynb"
    notebook.write_text(solution(77), encoding="utf-8")
    done = grade(handed, out, "--no-run")
    assert "5 of 6 are graded already." in done.stderr, done.stderr
    after = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    assert {path for path in after if after[path] != before[path]} == {changed}


def test_overrides_survive_and_are_marked(course: tuple[Path, Path]) -> None:
    handed, out = course
    path = out / "overrides.yaml"
    path.write_text(
        "- {student: student_001, target: elbo, points: 7, reason: right on paper}\n"
        "- {student: nobody, target: elbo, points: 7, reason: gone}\n"
    )
    done = grade(handed, out, "--no-run")
    assert "Override 2 (line 2: nobody, elbo) is not applied" in done.stderr
    row = gradebook(out)["student_001"]
    assert (row["elbo"], row["points"]) == ("7", "52")
    assert "set by hand: elbo 7 (right on paper)" in row["flags"]
    assert "right on paper" in (out / "report" / "index.html").read_text(encoding="utf-8")
    page = (out / "report" / "students" / "student_001.html").read_text(encoding="utf-8")
    assert "<h1>52 of 60 points</h1>" in page
    assert "right on paper" in page
    assert "def elbo(" in page
    assert results(out)["student_001"]["points"] == 45.0
    path.unlink()
    grade(handed, out, "--no-run")
    page = (out / "report" / "students" / "student_001.html").read_text(encoding="utf-8")
    assert "<h1>45 of 60 points</h1>" in page


def test_points_beyond_the_most_are_refused_at_once(course: tuple[Path, Path]) -> None:
    handed, out = course
    path = out / "overrides.yaml"
    path.write_text("- {student: student_001, target: kl, points: 99, reason: generous}\n")
    gradebook_before = (out / "gradebook.csv").read_bytes()
    done = grade(handed, out, "--no-run", "--regrade")
    path.unlink()
    assert done.returncode == 2
    assert "entry 1 (line 1): 'kl' can't have 99 points" in done.stderr
    assert "Traceback" not in done.stderr
    assert (out / "gradebook.csv").read_bytes() == gradebook_before


def test_a_second_grader_is_turned_away(course: tuple[Path, Path]) -> None:
    handed, out = course
    with Store(out).locked():
        done = grade(handed, out, "--no-run")
    assert done.returncode == 1
    assert "Another grading is writing" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["{in}"], "needs --out"),
        (["{in}", "--out", "{in}/results"], "must not lie within"),
        (["{in}/absent", "--out", "{out}"], "check its name"),
        (["{in}/broken.ipynb", "--out", "{out}"], "goes with a folder or a zip of submissions"),
        (["{in}", "--out", "{out}", "--moodle", "{in}/broken.ipynb"], "worksheet"),
        (["{in}", "--out", "{out}", "--canvas", "{in}/broken.ipynb"], "gradebook"),
    ],
)
def test_wrong_usage_is_said(course: tuple[Path, Path], arguments: list[str], why: str) -> None:
    given = [a.replace("{in}", str(course[0])).replace("{out}", str(course[1])) for a in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "grader", *given], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert why in " ".join(done.stderr.split())


def test_ctrl_c_stops_at_once_and_loses_nothing(course: tuple[Path, Path], tmp_path: Path) -> None:
    handed, undisturbed = course
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(handed, out, "--no-run", "--jobs", "1"), stderr=subprocess.PIPE, cwd=ROOT
    )
    wait_for_results(out, 2, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130  # before it was done, or it would be another
    assert b"run the same command again to go on" in errors
    assert b"Traceback" not in errors
    grade(handed, out, "--no-run")
    assert results(out) == results(undisturbed)


def test_a_platforms_zip_and_what_it_takes_back(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("Ada L_12_assignsubmission_file_/vae.ipynb", solution(1, "wrong_elbo"))
    sheet = tmp_path / "sheet.csv"
    sheet.write_bytes(
        b"Identifier,Full name,Grade,Maximum Grade,Feedback comments\r\n"
        b"Participant 12,Ada L,,60.00,\r\n"
    )
    out = tmp_path / "out"
    done = grade(tmp_path / "export.zip", out, "--no-run", "--moodle", str(sheet))
    assert done.returncode == 0, done.stderr
    assert b"Participant 12,Ada L,45.00,60.00," in (out / "moodle_worksheet.csv").read_bytes()
    with zipfile.ZipFile(out / "moodle_feedback.zip") as archive:
        assert archive.namelist() == ["Ada L_12_assignsubmission_file_/feedback.html"]
    (one,) = results(out).values()
    assert FINGERPRINT in one["environment"]
