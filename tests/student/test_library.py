"""`from grader import grade`: the frozen result, without a heavy import."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from grader import grade
from grader.examiner.rubric import RubricError
from tests.outcomes import ROOT

SOLVED = ROOT / "reference" / "vae_solved.ipynb"


def test_grade_returns_a_frozen_result() -> None:
    result = grade(str(SOLVED), run=False, trust=True)
    assert (result.status, result.points, result.run.status) == ("graded", 60, "not_run")
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.points = 0  # type: ignore[misc]


def test_bad_input_is_a_result_and_a_bad_rubric_an_error(tmp_path: Path) -> None:
    assert grade(tmp_path / "none.ipynb", run=False, trust=True).status == "ungradable"
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("tasks: 1\n")
    with pytest.raises(RubricError, match=r"rubric\.yaml, line 1"):
        grade(SOLVED, rubric=rubric, run=False, trust=True)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, grader; print({'torch', 'numpy', 'click', 'yaml'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"
