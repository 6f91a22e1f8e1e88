"""Gradescope's autograder zip: what its boxes need is in it, and it works from there."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.batch.bundle import gradescope_bundle

SOLVED = Path(__file__).resolve().parents[2] / "reference" / "vae_solved.ipynb"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, unpacked as Gradescope does."""
    folder = tmp_path_factory.mktemp("autograder")
    with zipfile.ZipFile(io.BytesIO(gradescope_bundle())) as archive:
        archive.extractall(folder / "source")
    return folder


def test_scripts_are_executable_and_legal() -> None:
    content = gradescope_bundle()
    assert content == gradescope_bundle()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in ("setup.sh", "run_autograder"):
            assert archive.getinfo(name).external_attr >> 16 & 0o111
            script = archive.read(name).decode()
            assert script.startswith("#!")
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        needs = archive.read("requirements.txt").decode().splitlines()
        setup = archive.read("setup.sh").decode()
    (system,) = [line for line in setup.splitlines() if line.startswith("apt-get install")]
    assert system.split()[3:] == ["python3-pip", "python3-venv"]
    assert any(line.startswith("torch>=") for line in needs)
    assert not any("pytest" in line for line in needs)


def test_it_grades_from_its_own_files(box: Path, tmp_path: Path) -> None:
    submission = box / "submission"
    submission.mkdir()
    (submission / "notes.ipynb").write_text('{"nbformat": 4, "cells": []}')
    (submission / "vae.ipynb").write_bytes(SOLVED.read_bytes())
    (tmp_path / "unpacked").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(box / "source")}
    chosen = subprocess.run(
        [sys.executable, "-m", "grader.batch.bundle", "submission", str(tmp_path / "unpacked")],
        cwd=box,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert chosen == "submission/vae.ipynb"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "grader.cli", chosen, "--no-run"),
            *("--gradescope", "results.json", "--junit", "junit.xml", "--classroom", "class.txt"),
        ],
        cwd=box,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    data = json.loads((box / "results.json").read_text())
    assert data["score"] == 60
    assert sum(test["max_score"] for test in data["tests"]) == 60
    cases = list(ElementTree.parse(box / "junit.xml").getroot().iter("testcase"))
    assert {case.get("name") for case in cases} == {test["tags"][0] for test in data["tests"]}
    assert not any(list(case) for case in cases)
    assert json.loads(base64.b64decode((box / "class.txt").read_text()))["status"] == "pass"
