"""Gradescope's autograder zip: what its boxes need is in it, and it works from there."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.bundle import gradescope_bundle
from grader.examiner.rubric import load_rubric
from grader.vae import ASSIGNMENT

ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"


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
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+(; python_version .*)?", line) for line in needs)
    assert {"torch", "numpy"} <= {line.partition("==")[0] for line in needs}
    assert not any("pytest" in line for line in needs)
    pins = set((ROOT / "constraints.txt").read_text().splitlines())
    assert set(needs) <= pins
    (torch,) = re.findall(r"pip install --no-cache-dir (torch\S+ torchvision\S+) ", setup)
    assert set(torch.split()) <= pins


@pytest.mark.parametrize(
    ("version", "is_taken"), [((3, 9), False), ((3, 10), True), ((3, 13), True), ((3, 14), False)]
)
def test_an_image_with_another_python_is_refused_when_it_is_built(
    version: tuple[int, int], is_taken: bool, box: Path, tmp_path: Path
) -> None:
    fake = tmp_path / "python3"
    fake.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"sys.version_info = {version}\n"
        "if sys.argv[1] == '-c':\n    exec(sys.argv[2])\n"
        "elif sys.argv[1] == '--version':\n    print('Python', *sys.version_info)\n"
        "else:\n    sys.exit('made the environment')\n"
    )
    for name in ("apt-get", "python3"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["bash", box / "source" / "setup.sh"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert ("made the environment" in done.stderr) == is_taken
    assert ("choose the base image" in done.stderr) != is_taken


def test_the_given_rubric_goes_along(tmp_path: Path) -> None:
    text = (ROOT / "rubric.yaml").read_text(encoding="utf-8")
    rubric = tmp_path / "r.yaml"
    rubric.write_text("# Ours.\n" + text, encoding="utf-8")
    done = CliRunner().invoke(main, ["bundle", str(tmp_path / "b.zip"), "--rubric", str(rubric)])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read("grader/data/rubric.yaml") == rubric.read_bytes()


def test_the_template_that_the_rubric_names_goes_along(tmp_path: Path) -> None:
    given = Path("student_template/vae.ipynb").read_bytes()
    (tmp_path / "mine.ipynb").write_bytes(given)
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("template: mine.ipynb\n" + Path("rubric.yaml").read_text())

    with zipfile.ZipFile(io.BytesIO(gradescope_bundle(rubric))) as archive:
        archive.extractall(tmp_path / "box")
    packed = tmp_path / "box" / "grader" / "data" / "rubric.yaml"

    template = load_rubric(packed, ASSIGNMENT).template
    assert template == load_rubric(rubric, ASSIGNMENT).template is not None


def test_a_rubric_that_can_not_be_used_is_not_packed(tmp_path: Path) -> None:
    rubric, bundle = tmp_path / "r.yaml", tmp_path / "b.zip"
    rubric.write_text("tasks: {}", encoding="utf-8")
    for path in (rubric, tmp_path / "absent.yaml"):
        done = CliRunner().invoke(main, ["bundle", str(bundle), "--rubric", str(path)])
        assert done.exit_code == 2
        assert "Error: " in done.output
        assert not bundle.exists()


@pytest.mark.parametrize(("total", "is_told"), [("100.0", True), ("60.0", False), ("x", False)])
def test_who_hands_in_no_notebook_is_told_so(
    total: str, is_told: bool, box: Path, tmp_path: Path
) -> None:
    for name in ("submission", "results", "unpacked"):
        (tmp_path / name).mkdir()
    (tmp_path / "submission" / "report.pdf").write_bytes(b"%PDF")
    metadata = {"assignment": {"total_points": total}}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "grader.course.bundle", "submission", "unpacked"),
            "results/results.json",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(box / "source")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    data = json.loads((tmp_path / "results" / "results.json").read_text())
    assert data["score"] == 0
    assert "No notebook was handed in (report.pdf)." in data["output"]
    assert ("100 points on Gradescope, and the grader gives 60" in data["output"]) == is_told


def test_it_grades_from_its_own_files(box: Path, tmp_path: Path) -> None:
    submission = box / "submission"
    submission.mkdir()
    (submission / "notes.ipynb").write_text('{"nbformat": 4, "cells": []}')
    (submission / "vae.ipynb").write_bytes(SOLVED.read_bytes())
    (tmp_path / "unpacked").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(box / "source")}
    chosen = subprocess.run(
        [
            sys.executable,
            "-m",
            "grader.course.bundle",
            "submission",
            str(tmp_path / "unpacked"),
            "",
        ],
        cwd=box,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert chosen == "submission/vae.ipynb"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "grader", chosen, "--no-run"),
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
    assert data["output"].splitlines()[0] == "Notebook: submission/vae.ipynb"
    assert sum(test["max_score"] for test in data["tests"]) == 60
    cases = list(ElementTree.parse(box / "junit.xml").getroot().iter("testcase"))
    assert {case.get("name") for case in cases} == {test["tags"][0] for test in data["tests"]}
    assert not any(list(case) for case in cases)
    assert json.loads(base64.b64decode((box / "class.txt").read_text()))["status"] == "pass"
