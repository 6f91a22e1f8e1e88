"""A course of odd files from end to end: what is graded, who is listed, what a person is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.course.courses import ROOT, grade, gradebook, solution
from tests.course.layouts import laid_out, tarred

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no candidates")

TEMPLATE = (ROOT / "student_template" / "vae.ipynb").read_text(encoding="utf-8")
FILES = {
    "ada/vae.ipynb": TEMPLATE,
    "ada/my_solution.ipynb": solution(1),
    "bob/vae.ipynb": solution(2),
    "bob/vae_old.ipynb": solution(3, "wrong_elbo"),
    "cem.tar.gz": tarred({"hw/vae.ipynb": solution(4)}),
    "dan": None,
    "eve/vae.ipynb.txt": solution(5),
    "flo/vae.ipynb": "{",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    top = tmp_path_factory.mktemp("course")
    path = top / "course.tgz"
    path.write_bytes(tarred(FILES))
    graded = grade(path, top / "out", "--no-run")
    assert "Traceback" not in graded.stderr
    assert graded.returncode == 1, graded.stderr
    return path, top / "out", graded.stdout


def test_right_notebooks_have_their_points(done: tuple[Path, Path, str]) -> None:
    rows = gradebook(done[1])
    assert {name: (row["status"], row["points"]) for name, row in rows.items()} == {
        "ada": ("graded", "60"),
        "bob": ("graded", "60"),
        "cem": ("graded", "60"),
        "dan": ("ungradable", "0"),
        "eve": ("graded", "60"),
        "flo": ("ungradable", "0"),
    }
    assert "the folder is empty" in rows["dan"]["reason"]


def test_the_counts_add_up(done: tuple[Path, Path, str]) -> None:
    assert "4 of 6 students are graded." in done[2]
    assert "\n1 could not be graded: flo." in done[2]
    assert "\n1 handed in nothing that can be graded: dan." in done[2]


def test_notebooks_that_differ_in_points_are_told(done: tuple[Path, Path, str]) -> None:
    path, out, _ = done
    told = "bob/vae_old.ipynb has 45, the graded one 60"
    rows = gradebook(out)
    assert told in rows["bob"]["flags"]
    assert "differ" not in rows["ada"]["flags"]
    assert "ada/my_solution.ipynb is graded, not ada/vae.ipynb" in rows["ada"]["flags"]
    again = grade(path, out, "--no-run")
    assert "6 of 6 are graded already." in again.stderr
    assert told in gradebook(out)["bob"]["flags"]


def test_a_change_of_another_notebook_is_seen(tmp_path: Path) -> None:
    files = {"bob/vae.ipynb": solution(2), "bob/vae_old.ipynb": solution(3, "wrong_elbo")}
    top, out = laid_out(files, tmp_path / "in"), tmp_path / "out"
    assert grade(top, out, "--no-run").returncode == 0
    (top / "bob" / "vae_old.ipynb").write_text(solution(3), encoding="utf-8")
    assert "graded already" not in grade(top, out, "--no-run").stderr
    assert "differ in points" not in gradebook(out)["bob"]["flags"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["in"], "hold several assignments (ps1, vae): say which one with --nbgrader NAME"),
        (["in", "--nbgrader", "nosuch"], "that --nbgrader names; there is: ps1, vae"),
        (["course.7z"], "neither a folder nor a zip or tar of submissions: unpack it first"),
    ],
)
def test_what_can_not_be_meant_is_asked_about(
    arguments: list[str], why: str, tmp_path: Path
) -> None:
    laid_out({"submitted/a/vae/v.ipynb": "{}", "submitted/b/ps1/p.ipynb": "{}"}, tmp_path / "in")
    (tmp_path / "course.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    options = [str(tmp_path / arguments[0]), *arguments[1:], "--out", str(tmp_path / "out")]
    asked = subprocess.run(
        [sys.executable, "-m", "grader", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert asked.returncode == 2
    assert why in " ".join(asked.stderr.split())
