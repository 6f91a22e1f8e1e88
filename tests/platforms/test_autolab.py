"""Autolab's line of scores."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from grader.platforms.autolab import to_autolab
from grader.platforms.platform import NotWrittenError
from grader.report.result import Result
from tests.made_results import HOSTILE, broken_grader, graded, ungradable
from tests.platforms.schemas import AUTOLAB

TASKS = ("kl", "elbo")


@pytest.mark.parametrize("result", [graded(), ungradable(), broken_grader(), graded(HOSTILE)])
def test_it_is_one_line_of_scores(result: Result) -> None:
    line = to_autolab(result, TASKS)
    assert "\n" not in line
    jsonschema.validate(json.loads(line), AUTOLAB)


def test_a_problem_is_a_task() -> None:
    assert json.loads(to_autolab(graded(), TASKS)) == {"scores": {"kl": 2.5, "elbo": 2.0}}
    assert json.loads(to_autolab(ungradable(), TASKS)) == {"scores": {"kl": 0.0, "elbo": 0.0}}


def test_what_is_open_is_left_as_it_is() -> None:
    assert json.loads(to_autolab(broken_grader(), TASKS)) == {"scores": {"elbo": 2.0}}
    with pytest.raises(NotWrittenError, match="not decided"):
        to_autolab(replace(broken_grader(), tasks=()), TASKS)


def test_what_rules_cost_is_a_problem_of_its_own() -> None:
    scores = json.loads(to_autolab(replace(graded(), points=3.5), TASKS))["scores"]
    assert scores == {"kl": 2.5, "elbo": 2.0, "rules": -1.0}
