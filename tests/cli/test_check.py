"""`grade check` as a student calls it: words, files and exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.outcomes import ROOT
from tests.student.student_notebooks import SOLVED, TEMPLATE, WRONG_KL, write


def check(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", "check", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
    )


def test_all_points_are_exit_status_0() -> None:
    done = check(SOLVED)
    assert (done.returncode, done.stderr) == (0, "")
    assert "60 of 60" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Next: ")


def test_lost_points_are_exit_status_1_and_in_every_output(tmp_path: Path) -> None:
    path = write(tmp_path / "vae.ipynb", kl_divergence=WRONG_KL)
    page, data = tmp_path / "page.html", tmp_path / "result.json"
    done = check(path, "--html", page, "--json", data)
    assert done.returncode == 1
    result = json.loads(data.read_text(encoding="utf-8"))
    assert result["run"]["status"] == "not_run"
    points = f"{result['points']:g} of 60"
    assert points in done.stdout
    assert f"<h1>{points} points</h1>" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.ipynb", None, "no such file"),
        ("half.ipynb", '{"cells": [', "broke off"),
        ("other.py", "x = 1\n", "defines no class VAE"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(
    name: str, content: str | None, words: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    done = check(name, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert words in " ".join(done.stdout.split())


def test_wrong_usage_is_exit_status_2(tmp_path: Path) -> None:
    done = check(SOLVED, "--rubric", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert "can't be read" in done.stderr
    watching = subprocess.run(
        [sys.executable, "-m", "grader", "check", "--show-class", str(SOLVED)],
        capture_output=True,
        cwd=ROOT,
    )
    assert watching.returncode == 2


@pytest.mark.slow
def test_without_forks_it_says_the_same() -> None:
    forked, spawned = (check(TEMPLATE, "--isolation", kind) for kind in ("fork", "spawn"))
    assert (spawned.returncode, spawned.stdout) == (1, forked.stdout)
