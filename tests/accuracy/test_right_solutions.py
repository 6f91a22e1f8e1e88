"""Right solutions in any combination of styles get every point."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.vae.spec import TASK_IDS
from tests.accuracy.grade_class import Judge
from tests.accuracy.solutions import compose, compositions
from tests.variant_bank import notebook_with

CLASSES = 7
"""Six generated methods in each: 42 in all."""


@pytest.mark.parametrize("seed", range(CLASSES))
def test_generated_class_gets_every_point(
    seed: int, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    methods = [compose(task, seed) for task in TASK_IDS]
    lost = Judge(candidates, rubric, tmp_path).lost(notebook_with(*methods))
    assert lost == {}, "\n\n".join(method.code for method in methods)


@pytest.mark.parametrize("task", TASK_IDS)
def test_grammar_makes_many_methods_that_are_python(task: str) -> None:
    assert compositions(task) > 400
    made = [compose(task, seed) for seed in range(150)]
    assert len({method.code for method in made}) > 110
    for method in made:
        for source in (method.code, method.extra, method.prelude):
            ast.parse(source)


def test_seed_always_stands_for_the_same_method() -> None:
    assert compose("kl", 5) == compose("kl", 5)
    assert compose("kl", 5).code != compose("kl", 6).code
