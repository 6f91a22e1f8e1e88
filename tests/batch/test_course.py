"""`grade FOLDER --out DIR` from end to end, also when it is killed, stopped and called again."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.batch.store import FINGERPRINT, Store

ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"
MARK = "# YOUR CODE HERE"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no candidates")

BODIES = {
    "right": "pass",
    "wrong_elbo": "return x.sum(-1)",
    "exits": "import os; os._exit(0)",
    "exit_in_class": "raise SystemExit(0)",
}


def solution(number: int, kind: str = "right") -> str:
    """The solved notebook's text, different for each number; the ELBO starts with another body."""
    notebook = json.loads(SOLVED.read_text(encoding="utf-8"))
    cell = next(c for c in notebook["cells"] if "class VAE" in "".join(c["source"]))
    source = "".join(cell["source"])
    at = source.index(MARK, source.index("def elbo("))
    cell["source"] = f"{source[:at]}{BODIES[kind]}  # {number}\n        {source[at:]}"
    return json.dumps(notebook)


def handed_in(folder: Path, kinds: list[str]) -> Path:
    """A folder of submissions, a folder a student."""
    for number, kind in enumerate(kinds):
        path = folder / f"student_{number:03d}" / "vae.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(solution(number, kind), encoding="utf-8")
    return folder


def command(path: Path, out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "grader.cli", str(path), "--out", str(out), *options]


def grade(path: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(path, out, *options), capture_output=True, text=True, timeout=600, cwd=ROOT
    )


def results(out: Path) -> dict[str, dict[str, Any]]:
    """All results without what differs from one grading to the next: times."""
    found = {}
    for path in sorted((out / "results").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        del data["seconds"]
        data["run"].pop("seconds")
        data["training"].pop("steps_per_second")
        found[path.stem] = data
    return found


def gradebook(out: Path) -> dict[str, dict[str, str]]:
    with open(out / "gradebook.csv", encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file, strict=True)}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small course and its undisturbed grading."""
    top = tmp_path_factory.mktemp("course")
    handed = handed_in(top / "in", ["right", "wrong_elbo", "exits", "right"])
    (handed / "student_004").mkdir()
    (handed / "student_004" / "essay.pdf").touch()
    (handed / "broken.ipynb").write_text("{")
    done = grade(handed, top / "out", "--no-run", "--jobs", "2")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return handed, top / "out"


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
    path.unlink()
    assert "Override 2 (nobody, elbo) is not applied" in done.stderr
    row = gradebook(out)["student_001"]
    assert (row["elbo"], row["points"]) == ("7", "52")
    assert "set by hand: elbo 7 (right on paper)" in row["flags"]
    assert "right on paper" in (out / "report" / "index.html").read_text(encoding="utf-8")
    page = out / "report" / "students" / "student_001.by-hand.html"
    assert "right on paper" in page.read_text(encoding="utf-8")
    assert results(out)["student_001"]["points"] == 45.0


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
        (["{in}/broken.ipynb", "--out", "{out}"], "neither a folder nor a zip"),
    ],
)
def test_wrong_usage_is_said(course: tuple[Path, Path], arguments: list[str], why: str) -> None:
    given = [a.replace("{in}", str(course[0])).replace("{out}", str(course[1])) for a in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", *given], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert why in " ".join(done.stderr.split())


def wait_for_results(out: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until so many results are there, or the process has ended."""
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        if len(list((out / "results").glob("*.json"))) >= count:
            return
        time.sleep(0.01)


def test_ctrl_c_stops_at_once_and_loses_nothing(course: tuple[Path, Path], tmp_path: Path) -> None:
    handed, undisturbed = course
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(handed, out, "--no-run", "--jobs", "1"), stderr=subprocess.PIPE, cwd=ROOT
    )
    wait_for_results(out, 2, process)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - started < 30
    assert process.returncode == 130
    assert b"run the same command again to go on" in errors
    assert b"Traceback" not in errors
    assert len(results(out)) < 6
    grade(handed, out, "--no-run")
    assert results(out) == results(undisturbed)


def killed_and_done(handed: Path, out: Path, kills: int, *options: str) -> None:
    """Grade, and kill the grader at random moments before it may finish."""
    chance = random.Random(7)
    for _ in range(kills):
        process = subprocess.Popen(
            command(handed, out, *options),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        wait_for_results(out, len(list((out / "results").glob("*.json"))) + 1, process)
        time.sleep(chance.random())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for path in (out / "results").glob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))
    done = grade(handed, out, *options)
    assert "Traceback" not in done.stderr


def test_kill_loses_nothing(course: tuple[Path, Path], tmp_path: Path) -> None:
    handed, undisturbed = course
    grade(handed, undisturbed, "--no-run")
    killed_and_done(handed, tmp_path / "out", 2, "--no-run", "--jobs", "2")
    assert results(tmp_path / "out") == results(undisturbed)
    assert not list((tmp_path / "out").rglob(".*.part"))


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


@pytest.mark.slow
def test_two_hundred_with_twenty_hostile_and_five_kills(tmp_path: Path) -> None:
    kinds = [
        "exits" if n % 20 == 0 else "exit_in_class" if n % 20 == 10 else "right" for n in range(200)
    ]
    handed = handed_in(tmp_path / "in", kinds)
    grade(handed, tmp_path / "undisturbed", "--no-run")
    killed_and_done(handed, tmp_path / "out", 5, "--no-run")
    found = results(tmp_path / "out")
    assert len(found) == 200
    assert found == results(tmp_path / "undisturbed")
