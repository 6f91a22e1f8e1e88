"""Bundles for platforms: what their boxes need is in them, and they grade there as platforms do."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.bundle import BUNDLES, make_bundle
from grader.examiner.rubric import load_rubric
from grader.vae import ASSIGNMENT
from tests.course.boxes import BOXES, Box, Ran, extract_all, unzip
from tests.platforms.schemas import AUTOLAB, CLASSROOM50, GRADESCOPE, PRAIRIELEARN

ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"
BLANK = ROOT / "student_template" / "vae.ipynb"
SCHEMAS = {
    "gradescope": GRADESCOPE,
    "classroom50": CLASSROOM50,
    "autolab": AUTOLAB,
    "prairielearn": PRAIRIELEARN,
}


@pytest.fixture(scope="module")
def bundles() -> dict[str, bytes]:
    """The bundle of each platform."""
    return {name: make_bundle(name) for name in BUNDLES}


@pytest.fixture(params=BOXES)
def platform(request: pytest.FixtureRequest) -> str:
    """Each platform that grades with a bundle."""
    if request.param == "autolab" and shutil.which("make") is None:
        pytest.skip("Autolab's bundle is a makefile")
    return str(request.param)


@pytest.fixture
def box(platform: str, bundles: dict[str, bytes], tmp_path: Path) -> Box:
    """A box of the platform, ready for a submission."""
    return BOXES[platform](bundles[platform], tmp_path)


def read(platform: str, ran: Ran) -> Any:
    """Read what the platform gets, by its schema."""
    text = ran.printed.rstrip().splitlines()[-1] if platform == "autolab" else ran.result
    data = json.loads(text)
    jsonschema.validate(data, SCHEMAS[platform])
    return data


def share(platform: str, data: Any) -> float:
    """Return the share of all points."""
    if platform == "autolab":
        return float(sum(data["scores"].values())) / 60
    if platform == "classroom50":
        return float(data["score"]) / float(data["max-score"])
    return float(data["score"]) / (60 if platform == "gradescope" else 1)


def test_scripts_are_executable_and_legal() -> None:
    content = make_bundle("gradescope")
    assert content == make_bundle("gradescope")
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
    version: tuple[int, int], is_taken: bool, bundles: dict[str, bytes], tmp_path: Path
) -> None:
    unzip(bundles["gradescope"], tmp_path / "source")
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
        ["bash", tmp_path / "source" / "setup.sh"],
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

    with zipfile.ZipFile(io.BytesIO(make_bundle("gradescope", rubric))) as archive:
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


def test_every_platform_with_a_bundle_is_tried_here() -> None:
    assert BUNDLES.keys() == BOXES.keys()


def test_a_bundle_is_the_same_each_time(platform: str, bundles: dict[str, bytes]) -> None:
    assert make_bundle(platform) == bundles[platform]
    assert len(bundles[platform]) < 10 << 20, "Classroom 50 fetches no more"


def test_a_right_notebook_gets_every_point(platform: str, box: Box) -> None:
    (box.submission / "vae.ipynb").write_bytes(SOLVED.read_bytes())
    ran = box.run()
    data = read(platform, ran)
    assert ran.status == 0
    assert share(platform, data) == 1
    assert "vae.ipynb" in (ran.printed if platform == "autolab" else shown(platform, box, data))


def shown(platform: str, box: Box, data: Any) -> str:
    """Return what the platform shows a student of the whole."""
    if platform == "classroom50":
        return (box.submission / "release-body.md").read_text(encoding="utf-8")
    return str(data["output"] if platform == "gradescope" else data["message"])


def test_a_blank_notebook_is_graded_and_no_error(platform: str, box: Box) -> None:
    (box.submission / "vae.ipynb").write_bytes(BLANK.read_bytes())
    ran = box.run()
    assert ran.status == 0
    assert share(platform, read(platform, ran)) == 0


def test_what_can_not_be_graded_is_said(platform: str, box: Box) -> None:
    (box.submission / "vae.ipynb").write_bytes(b"%PDF-1.7")
    ran = box.run()
    data = read(platform, ran)
    assert ran.status == 0
    if platform == "prairielearn":
        assert data["gradable"] is False
    else:
        assert share(platform, data) == 0
    words = ran.printed if platform == "autolab" else shown(platform, box, data)
    assert "PDF" in words


def test_a_failure_of_the_grader_is_no_zero(platform: str, box: Box) -> None:
    (box.submission / "vae.ipynb").write_bytes(SOLVED.read_bytes())
    if platform == "autolab":  # it is unpacked by each run
        tar = box.submission / "autograde.tar"
        with tarfile.open(tar) as archive:
            extract_all(archive, box.grader)
        (box.grader / "grader" / "data" / "rubric.yaml").unlink()
        with tarfile.open(tar, "w") as archive:
            archive.add(box.grader, ".")
    (box.grader / "grader" / "data" / "rubric.yaml").unlink(missing_ok=True)
    ran = box.run()
    assert ran.result == ""
    assert (ran.status == 0) == (platform == "autolab")
    if platform == "autolab":
        assert ran.printed.splitlines()[-1].startswith("The grader failed, so there are no scores")


@pytest.mark.parametrize(("total", "is_told"), [("100.0", True), ("60.0", False), ("x", False)])
def test_who_hands_in_no_notebook_is_told_so(
    total: str, is_told: bool, bundles: dict[str, bytes], tmp_path: Path
) -> None:
    box = BOXES["gradescope"](bundles["gradescope"], tmp_path)
    (box.submission / "report.pdf").write_bytes(b"%PDF")
    metadata = {"assignment": {"total_points": total}}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata))
    data = read("gradescope", box.run())
    assert data["score"] == 0
    assert "No notebook was handed in (report.pdf)." in data["output"]
    assert ("100 points on Gradescope, and the grader gives 60" in data["output"]) == is_told


def test_of_several_notebooks_the_graded_one_is_named(
    bundles: dict[str, bytes], tmp_path: Path
) -> None:
    box = BOXES["gradescope"](bundles["gradescope"], tmp_path)
    (box.submission / "notes.ipynb").write_text('{"nbformat": 4, "cells": []}')
    (box.submission / "my work").mkdir()
    (box.submission / "my work" / "vae (2).ipynb").write_bytes(SOLVED.read_bytes())
    data = read("gradescope", box.run())
    assert data["score"] == 60
    assert data["output"].splitlines()[0] == "Notebook: my work/vae (2).ipynb"
    assert sum(test["max_score"] for test in data["tests"]) == 60


def test_autolabs_problems_are_the_rubrics_tasks(tmp_path: Path) -> None:
    rubric = tmp_path / "r.yaml"
    text = (ROOT / "rubric.yaml").read_text(encoding="utf-8")
    rubric.write_text(text.replace("no_additional_imports: advice", "no_additional_imports: 2"))
    for path, more in ((None, {}), (rubric, {"rules": 0.0})):
        with tarfile.open(fileobj=io.BytesIO(make_bundle("autolab", path))) as archive:
            packed = archive.extractfile("vae/vae.yml")
            assert packed is not None
            settings = yaml.safe_load(packed)
        problems = {it["name"]: it["max_score"] for it in settings["problems"]}
        assert problems == load_rubric(ROOT / "rubric.yaml", ASSIGNMENT).tasks | more
        assert settings["general"]["handin_filename"] == "vae.ipynb"


def test_autolab_finds_one_folder_first_and_its_settings_in_it(bundles: dict[str, bytes]) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundles["autolab"])) as archive:
        folder, *files = archive.getmembers()
        settings = archive.extractfile("vae/vae.yml")
        assert settings is not None
        assert yaml.safe_load(settings)["general"]["name"] == folder.name == "vae"
    assert folder.isdir()
    assert all(file.isfile() and file.name.startswith("vae/") for file in files)


def test_prairielearns_question_names_what_it_runs(bundles: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(bundles["prairielearn"])) as archive:
        info = json.loads(archive.read("vae/info.json"))
        question = archive.read("vae/question.html").decode()
        names = archive.namelist()
    options = info["externalGradingOptions"]
    assert info["gradingMethod"] == "External"
    assert options["enabled"] is True
    assert options["entrypoint"].replace("/grade/", "vae/") in names
    assert 30 < options["timeout"] <= 600
    assert '<pl-file-upload file-names="vae.ipynb">' in question


@pytest.mark.parametrize(("version", "is_taken"), [((3, 9), False), ((3, 14), False)])
def test_classroom50_is_told_which_python_to_choose(
    version: tuple[int, int], is_taken: bool, bundles: dict[str, bytes], tmp_path: Path
) -> None:
    box = BOXES["classroom50"](bundles["classroom50"], tmp_path)
    code = (
        f"import sys, runpy; sys.version_info = {(*version, 0)};"
        f"sys.argv = ['x']; runpy.run_path({str(box.grader / 'autograder.py')!r}, "
        "run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert 'put "python": "3.13" into the runtime' in done.stdout


def test_docker_files_install_what_is_pinned(bundles: dict[str, bytes]) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundles["autolab"])) as archive:
        packed = archive.extractfile("vae/Dockerfile")
        assert packed is not None
        texts = [packed.read().decode()]
    with zipfile.ZipFile(io.BytesIO(bundles["prairielearn"])) as archive:
        texts.append(archive.read("vae/Dockerfile").decode())
    pins = (ROOT / "constraints.txt").read_text().split()
    for text in texts:
        (torch,) = re.findall(r"pip install --no-cache-dir (torch==\S+ torchvision==\S+)", text)
        assert set(torch.split()) <= set(pins)
