"""Other autograders at the same work: the same notebooks, the same digits, an instructor's tests.

They live in an environment of their own, since they pin what we don't:

    python -m venv peers
    peers/bin/pip install -c constraints.txt torch==2.13.0
    peers/bin/pip install -c constraints.txt --no-deps torchvision
    peers/bin/pip install -c constraints.txt numpy pillow matplotlib seaborn scikit-learn \\
        nbgrader otter-grader
    PEERS_PYTHON=$PWD/peers/bin/python pytest -m benchmark -s ...

Each way of a peer's takes notebooks and returns seconds for all of them. It sees that the peer gave
every notebook all its points, for a peer that stops at an error is quick.
"""

from __future__ import annotations

import csv
import inspect
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from tests.benchmarks import instructor_tests
from tests.benchmarks.course import help_imports, put_beside, timed
from tests.benchmarks.instructor_tests import POINTS

ALL_POINTS = float(sum(POINTS.values()))
HOW_TO = (
    "nbgrader and otter-grader are timed where PEERS_PYTHON names the Python of an environment "
    "that has them; tests/benchmarks/peers.py says how to make it"
)
_ASSIGNMENT = "vae"
_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "course"
c.ExecutePreprocessor.timeout = 600
c.Execute.timeout = 600
"""


@dataclass(frozen=True)
class Peer:
    """A peer's usual way: name of its command, the package it needs, how to time it.

    Attributes:
        run: takes a fresh folder, notebooks and a number of threads; returns seconds.
    """

    name: str
    package: str
    run: Callable[[Path, Sequence[Path], int], float]


def is_there(package: str) -> bool:
    """Whether the package can be used from the environment of the peers."""
    if package == "nbclient":
        return True
    python = os.environ.get("PEERS_PYTHON")
    if not python:
        return False
    # torchvision may need the help that only notebooks get to be imported.
    find = "importlib.util.find_spec('torchvision').name"
    command = [python, "-c", f"import {package}, torch, seaborn, sklearn, importlib.util; {find}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _command(name: str) -> Path:
    return Path(os.environ["PEERS_PYTHON"]).parent / name


def two_at_once(peer: Peer, top: Path, notebooks: Sequence[Path]) -> float:
    """Seconds for all notebooks, half of them in each of two processes with one thread."""
    top.mkdir()
    halves = [notebooks[::2], notebooks[1::2]]
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(peer.run, top / str(at), half, 1) for at, half in enumerate(halves) if half
        ]
        return max(run.result() for run in runs)


def jupyter_execute(top: Path, notebooks: Sequence[Path], threads: int) -> float:
    """A loop of `jupyter execute`, which grades nothing."""
    top.mkdir()
    path, seconds = help_imports(top / "help"), 0.0
    for number, notebook in enumerate(notebooks):
        folder = top / str(number)
        put_beside(folder)
        (folder / "vae.ipynb").write_bytes(notebook.read_bytes())
        command = [sys.executable, "-c", "from nbclient.cli import main; main()", "vae.ipynb"]
        seconds += timed(command, folder, path, threads)
    return seconds


def nbgrader(top: Path, notebooks: Sequence[Path], threads: int) -> float:
    """One `nbgrader autograde` of all notebooks."""
    top.mkdir()
    path = help_imports(top / "help")
    (top / "nbgrader_config.py").write_text(_CONFIG, encoding="utf-8")
    source = top / "source" / _ASSIGNMENT
    put_beside(source)
    nbformat.write(_with_tests(notebooks[0]), source / "vae.ipynb")
    timed([_command("nbgrader"), "generate_assignment", _ASSIGNMENT], top, path)
    for number, notebook in enumerate(notebooks):
        folder = top / "submitted" / f"student_{number:03d}" / _ASSIGNMENT
        folder.mkdir(parents=True)
        nbformat.write(_with_tests(notebook), folder / "vae.ipynb")
    seconds = timed([_command("nbgrader"), "autograde", _ASSIGNMENT], top, path, threads)
    timed([_command("nbgrader"), "export"], top, path)
    with open(top / "grades.csv", encoding="utf-8", newline="") as file:
        scores = [float(row["score"]) for row in csv.DictReader(file)]
    assert scores == [ALL_POINTS] * len(notebooks)
    return seconds


def _with_tests(path: Path) -> nbformat.NotebookNode:
    """The notebook with nbgrader's marks, and a test cell a task at its end."""
    node = nbformat.read(path, as_version=4)
    for cell in node.cells:
        if cell.cell_type == "code" and "class VAE" in cell.source:
            cell.metadata["nbgrader"] = _marks("solution", solution=True)
    for test, points in POINTS.items():
        cell = new_code_cell(f"{inspect.getsource(test)}\n\n{test.__name__}(VAE)")
        marks = _marks(f"test_{test.__name__}", grade=True, locked=True)
        cell.metadata["nbgrader"] = {**marks, "points": points}
        node.cells.append(cell)
    return node


def _marks(name: str, **true: bool) -> dict[str, object]:
    usual = dict.fromkeys(("grade", "locked", "solution", "task"), False)
    return {**usual, **true, "grade_id": name, "schema_version": 3}


def otter(top: Path, notebooks: Sequence[Path], threads: int) -> float:
    """`otter run` for each notebook; otter's own way for many needs Docker."""
    top.mkdir()
    path, files = help_imports(top / "help"), top / "files"
    put_beside(files)
    with zipfile.ZipFile(top / "autograder.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("otter_config.json", json.dumps({"points_possible": ALL_POINTS}))
        for test, points in POINTS.items():
            archive.writestr(f"tests/{test.__name__}.py", _otter_test(test, points))
        for file in sorted(one for one in files.rglob("*") if one.is_file()):
            archive.write(file, Path("files") / file.relative_to(files))
    seconds = 0.0
    for number, notebook in enumerate(notebooks):
        folder = top / str(number)
        folder.mkdir()
        command = [_command("otter"), "run", "-a", top / "autograder.zip", "-o", folder, notebook]
        seconds += timed(command, top, path, threads)
        tests = json.loads((folder / "results.json").read_text(encoding="utf-8"))["tests"]
        assert sum(test.get("score", 0.0) for test in tests) == ALL_POINTS, tests
    return seconds


def _otter_test(test: Callable[..., None], points: int) -> str:
    """One of otter's test files, in its format with exceptions."""
    imports = inspect.getsource(instructor_tests).split('"""', 2)[2].split("\n\n\n", 1)[0]
    body = inspect.getsource(test).split("\n", 1)[1]
    return (
        f"{imports.replace('from __future__ import annotations', '')}\n"
        "from otter.test_files import test_case\n\n"
        f"OK_FORMAT = False\nname = {test.__name__!r}\npoints = {points}\n\n"
        "@test_case()\ndef test_it(VAE):\n"
        f"    kind = VAE\n{body}"
    )


PEERS = (
    Peer("jupyter execute", "nbclient", jupyter_execute),
    Peer("nbgrader autograde", "nbgrader", nbgrader),
    Peer("otter run", "otter", otter),
)
