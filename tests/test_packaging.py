"""What the package says of itself: its imports, its types, its licence, how it starts."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from tests.outcomes import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
NAMES = {"PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn", "yaml": "pyyaml"}
NAMES |= {"IPython": "ipython", "zmq": "pyzmq"}
STUDENTS = {"google", "jax", "tensorflow"}
"""What only a submission may bring."""


def declared() -> list[str]:
    """The packages that the grader needs, those of its extras with them."""
    blocks = (
        PYPROJECT.partition(start)[2].partition("\n]")[0]
        for start in ("\ndependencies = [", "\ndesk = [", "\ncluster = [")
    )
    return re.findall(r'^    "([^"]+)",$', "\n".join(blocks), re.MULTILINE)


def imported() -> set[str]:
    """The names of other packages that the package imports, wherever it does."""
    found = set()
    for path in (ROOT / "grader").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    ours = {"grader", "vae_utils", *(path.stem for path in (ROOT / "grader").rglob("*.py"))}
    return found - set(sys.stdlib_module_names) - ours - STUDENTS


def test_whatever_is_imported_is_declared() -> None:
    names = {re.split(r"[<>=]", line)[0].replace("-", "_") for line in declared()}
    needed = {NAMES.get(name, name).replace("-", "_") for name in imported()}
    assert needed - names == set()


def test_everything_declared_is_pinned_above_its_lowest_version() -> None:
    pins: dict[str, list[tuple[int, ...]]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, _, version = line.partition(";")[0].partition("==")
            pins.setdefault(name, []).append(tuple(map(int, version.split("."))))
    for line in declared():
        name, lowest = line.split(">=")
        assert min(pins[name]) >= tuple(map(int, lowest.split("."))), name


def test_the_readme_installs_the_pinned_torch() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in readme.splitlines() if line.startswith("pip install torch")]
    assert set(line.split()[2:4]) <= set(pins)


def test_pages_that_are_linked_are_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "grader" / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_package_itself_is_the_command(option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grader", option], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("grade, version", "Usage: grade "))


def test_types_and_licence_go_along() -> None:
    assert (ROOT / "grader" / "py.typed").exists()
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "MIT"' in PYPROJECT
