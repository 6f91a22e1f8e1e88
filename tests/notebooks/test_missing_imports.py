"""A class whose imports stand below it, or nowhere, keeps its points, and is told so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.report.result import Result
from grader.vae import ASSIGNMENT
from tests.notebooks.made import code_cell, made, solved_class

IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F"
ORDERS = {
    "below": ([solved_class(), IMPORTS], " says below it"),
    "below, another way": (
        [
            solved_class(),
            "import torch, os\nfrom torch import nn\nfrom torch.nn import functional as F",
        ],
        "`from torch import nn`",
    ),
    "nowhere": ([solved_class()], "and no cell of this notebook"),
    "in a cell that is broken": ([IMPORTS + "\nprint 'ready'", solved_class()], "Python can read"),
}
STARS = {
    "torch.nn": "from torch.nn import *",
    "of an absent module": "from helpers_left_at_home import *",
    "that may fail": "try:\n    from torch import *\nexcept ImportError:\n    pass",
}


def graded(sources: list[str], folder: Path, candidates: Candidates, rubric: Rubric) -> Result:
    path = folder / "vae.ipynb"
    cells = list(map(code_cell, sources))
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})
    )
    return Grader(ASSIGNMENT, candidates, rubric).grade(path).result


@pytest.mark.parametrize(("sources", "note"), ORDERS.values(), ids=list(ORDERS))
def test_a_right_class_keeps_its_points(
    sources: list[str], note: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    result = graded(sources, tmp_path, candidates, rubric)
    assert result.points == result.max_points
    assert [line for line in result.advice if "graded with" in line and note in line]


def test_other_names_that_nobody_binds_are_lost(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, {"return 0.5 *": "return scipy.half *"})
    result = Grader(ASSIGNMENT, candidates, rubric).grade(path).result
    assert result.points < result.max_points
    assert any("scipy, which the notebook never defines" in line for line in result.advice)


@pytest.mark.parametrize("star", STARS.values(), ids=list(STARS))
def test_a_star_import_stands_for_no_other(
    star: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    result = graded([star, solved_class()], tmp_path, candidates, rubric)
    assert result.points == result.max_points
    note = next(line for line in result.advice if "graded with" in line)
    assert "`import torch.nn.functional as F` in front" in note
    assert "Unless `from " in note


USES_STAR = solved_class().replace("torch.exp(", "exp(")
TRAINING = """
vae = VAE(784, 32, 400)
opt = torch.optim.Adam(vae.parameters())
for x in loader:
    opt.zero_grad()
    (-vae.elbo(x).mean()).backward()
    opt.step()
"""


@pytest.mark.parametrize("later", ["from numpy import exp", "exp = 3"])
def test_what_a_star_import_gives_is_not_replaced(
    later: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    cells = [f"from torch import *\n{IMPORTS}", USES_STAR, TRAINING, later]
    result = graded(cells, tmp_path, candidates, rubric)
    assert result.points == result.max_points


def test_a_star_import_below_gives_the_base(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    cells = [IMPORTS, solved_class().replace("nn.Module", "Module"), "from torch.nn import *"]
    result = graded(cells, tmp_path, candidates, rubric)
    assert result.points == result.max_points
    assert any("`from torch.nn import *`, which " in line for line in result.advice)


def test_a_function_of_an_absent_module_is_lost_and_the_module_named(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    star = "from helpers_left_at_home import *"
    path = made(tmp_path, {"return 0.5 *": "return half() *"}, [star])
    result = Grader(ASSIGNMENT, candidates, rubric).grade(path).result
    assert result.points < result.max_points
    note = next(line for line in result.advice if "the name half" in line)
    assert "a file helpers_left_at_home.py" in note
