"""The cell that the students' README offers, in a kernel that has no grader.

The environment holds torch, a kernel and what the cell installs, and nothing else that the grader
could need.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import nbformat
import pytest

from grader import grade
from grader.vae import ASSIGNMENT
from tests.outcomes import ROOT
from tests.student.kernels import IMPORTS, SOLVED, class_source, in_kernel

README = (ROOT / "student_template" / "README.md").read_text(encoding="utf-8")
CELL = README.partition("```python\n")[2].partition("```\n")[0]
PLACEHOLDER = "FILE_OR_ADDRESS"
WRONG = ("torch.exp(logsigma)", "torch.exp(0.5 * logsigma)")


def names_installed() -> list[str]:
    (line,) = [line for line in CELL.splitlines() if "pip install" in line and "GRADER" not in line]
    return [word for word in line.split()[2:] if not word.startswith("-")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that instructors give out."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    if importlib.util.find_spec("hatchling"):
        command.append("--no-build-isolation")
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True)
    if done.returncode and "hatchling" in done.stderr:
        pytest.skip("building the wheel needs hatchling, or a network to get it from")
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Python of an environment whose pip can change nothing outside, nor fetch anything."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    venv.create(tmp_path / "venv", symlinks=True, with_pip=True)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    for name in _needed("torch", "ipykernel", *names_installed()):
        found = distribution(name)
        for part in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
            if not (site / part).exists() and part != "__pycache__":
                (site / part).symlink_to(str(found.locate_file(part)))
    return str(tmp_path / "venv" / "bin" / "python")


def _needed(*names: str) -> Iterator[str]:
    """The names, and those of what they require, as far as it is installed."""
    from packaging.requirements import Requirement

    waiting, seen = list(names), {"pip", "setuptools"}
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            requires = distribution(name).requires or ()
        except PackageNotFoundError:
            continue
        yield name
        for text in requires:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)


def versions(python: str) -> set[str]:
    command = [python, "-m", "pip", "list", "--format", "freeze"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the environment is made of symbolic links")
def test_it_installs_the_grader_and_shows_the_page(
    python: str, wheel: Path, tmp_path: Path
) -> None:
    before = versions(python)
    cells = [IMPORTS, class_source(*WRONG)]
    for source in ("", "nowhere.whl", str(wheel)):
        cells.append(CELL.replace(PLACEHOLDER, source or PLACEHOLDER))
    cells.append("import grader\nprint(grader.__file__)")
    *_, unset, missing, shown, place = in_kernel(tmp_path, cells, python)
    sentence = "The grader is not here: set GRADER above to the file or address"
    assert unset.text.startswith(sentence)
    assert "nowhere.whl" in missing.text
    assert sentence in missing.text
    assert "<caption>58 of 60 points</caption>" in shown.html, shown.text
    assert "ERROR" not in shown.text
    assert str(tmp_path) in place.text
    assert {line.partition("==")[0] for line in versions(python) - before} == {"vae-grader"}
    assert before <= versions(python)


def test_a_notebook_that_still_has_it_runs_through(tmp_path: Path) -> None:
    notebook = nbformat.read(SOLVED, 4)
    source = CELL.replace(PLACEHOLDER, "/content/vae_grader-0.1.0-py3-none-any.whl")
    notebook.cells.append(nbformat.v4.new_code_cell(f"{source}%grade kl\n"))
    nbformat.write(notebook, tmp_path / "vae.ipynb")
    result = grade(tmp_path / "vae.ipynb")
    assert (result.points, result.run.status, result.run.error) == (60, "completed", None)


def test_it_adds_no_import_and_says_to_delete_it() -> None:
    assert "import" not in CELL
    assert "Delete this cell before you hand in." in CELL
    assert f"%grade {ASSIGNMENT.tasks[3].id}`" in README


def test_what_it_installs_is_required_by_the_package() -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'"{name}>=' in declared for name in names_installed())
