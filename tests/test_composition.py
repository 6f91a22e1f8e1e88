"""One place makes graders out of options, and nothing heavy is imported before it must be."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from grader.composition import ASSIGNMENT, Options, data_digest, is_shipped, make_grader
from grader.errors import UnusableError
from tests.outcomes import ROOT

SHIPPED = [ROOT / ASSIGNMENT.solved_notebook, ROOT / "student_template" / ASSIGNMENT.notebook]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_notebooks_are_known_by_their_hash(path: Path, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert is_shipped(path), f"{path.name} has changed: its hash is {sha256}"
    changed = tmp_path / path.name
    changed.write_bytes(path.read_bytes() + b"\n")
    assert not is_shipped(changed)
    assert not is_shipped(tmp_path)


def test_the_data_that_results_hang_on_are_told_apart(tmp_path: Path) -> None:
    assert data_digest(Options()) == b""
    assert data_digest(Options(data=tmp_path, run=False)) == b""
    with pytest.raises(UnusableError, match=r"--data: .* holds no "):
        data_digest(Options(data=tmp_path))


def test_data_that_can_not_be_used_are_said_before_anything_is_graded(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="--data: "), make_grader(Options(data=tmp_path)):
        pass


def test_a_grader_has_what_the_options_say() -> None:
    options = Options(trust=True, run=False, isolation="spawn", at_once=3)
    with make_grader(options) as grader:
        assert (grader.runner, grader.at_once) == (None, 3)
        assert grader.candidates.home.isolation == "spawn"
        assert grader.rubric.max_points == 60


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'click', 'yaml', 'pydantic'}"
    code = f"import sys, grader.composition; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"
