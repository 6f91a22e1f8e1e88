"""Platforms' boxes: a bundle laid out, and what was handed in graded, as each platform does it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

RUNNER = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "vae-hw",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/1",
    "RELEASE_URL": "https://example.org/releases/1",
    "REVIEW_URL": "https://example.org/compare/0...1",
}


class Ran(NamedTuple):
    """What the platform gets: exit status, what was printed, and what a file has ("" for none)."""

    status: int
    printed: str
    result: str


class Box(NamedTuple):
    """A box that is ready for one submission, and what runs in it."""

    submission: Path
    grader: Path
    run: Callable[[], Ran]


def gradescope(bundle: bytes, folder: Path) -> Box:
    """``/autograder`` as the image has it, where ``setup.sh`` made the environment."""
    unzip(bundle, folder / "source")
    shutil.copy2(folder / "source" / "run_autograder", folder)
    for name in ("submission", "results", "venv/bin"):
        (folder / name).mkdir(parents=True)
    python = folder / "venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return Box(
        folder / "submission",
        folder / "source",
        lambda: _run(["./run_autograder"], folder, folder / "results" / "results.json"),
    )


def extract_all(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack our own archive; early patch releases of Python 3.10 and 3.11 have no filters."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
    else:
        archive.extractall(folder)


def autolab(bundle: bytes, folder: Path) -> Box:
    """A folder with the hand-in, the tar and the Makefile, in which ``make`` is called."""
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        extract_all(archive, folder / "lab")
    lab, job = folder / "lab" / "vae", folder / "job"
    job.mkdir()
    shutil.copy(lab / "autograde-Makefile", job / "Makefile")
    shutil.copy(lab / "autograde.tar", job)
    return Box(job, job / "grader-box", lambda: _run(["make"], job, job / "none"))


def prairielearn(bundle: bytes, folder: Path) -> Box:
    """``/grade`` with the question's tests and what the student uploaded."""
    unzip(bundle, folder / "question")
    grade = folder / "grade"
    shutil.copytree(folder / "question" / "vae" / "tests", grade / "tests")
    for name in ("student", "data"):
        (grade / name).mkdir()
    (grade / "data" / "data.json").write_text("{}")
    entry = grade / "tests" / "run_autograder"
    entry.chmod(0o755)  # as PrairieLearn does
    result = grade / "results" / "results.json"
    return Box(grade / "student", grade / "tests", lambda: _run([str(entry)], folder, result))


def classroom50(bundle: bytes, folder: Path) -> Box:
    """The runner's folder with the bundle, and a student's checkout with files in its way."""
    lies_at, checkout = folder / "runtime" / "vae-hw", folder / "checkout"
    unzip(bundle, lies_at)
    for name in ("grader", ".github/workflows"):
        (checkout / name).mkdir(parents=True)
    (checkout / "result.json").write_text('{"score": 120}')
    for name in ("torch.py", "json.py", "grader/__init__.py"):
        (checkout / name).write_text("raise SystemExit('the checkout was imported')")
    command = [sys.executable, str(lies_at / "autograder.py")]
    result = checkout / "result.json"
    return Box(checkout, lies_at, lambda: _run(command, checkout, result, RUNNER))


def unzip(content: bytes, folder: Path) -> None:
    """Unpack a zip with the permissions of its files."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            path = Path(archive.extract(info, folder))
            path.chmod(info.external_attr >> 16 & 0o777)


def _run(command: list[str], cwd: Path, result: Path, more: dict[str, str] | None = None) -> Ran:
    """Run a command where the test's Python is the only one, and nothing leads to this checkout."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **(more or {})}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    text = result.read_text(encoding="utf-8") if result.is_file() else ""
    return Ran(done.returncode, done.stdout, text)


BOXES: dict[str, Callable[[bytes, Path], Box]] = {
    "gradescope": gradescope,
    "classroom50": classroom50,
    "autolab": autolab,
    "prairielearn": prairielearn,
}
