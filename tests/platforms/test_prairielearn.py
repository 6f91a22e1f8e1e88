"""PrairieLearn's results.json, held to the schema."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from grader.platforms.prairielearn import MAX_BYTES, to_prairielearn
from grader.report.result import Result
from tests.made_results import HOSTILE, broken_grader, failed, graded, task, ungradable
from tests.platforms.schemas import PRAIRIELEARN


@pytest.mark.parametrize("result", [graded(), ungradable(), broken_grader(), graded(HOSTILE)])
def test_fields(result: Result) -> None:
    data = json.loads(to_prairielearn(result))
    jsonschema.validate(data, PRAIRIELEARN)
    assert data["gradable"] == (result.status == "graded")
    assert f"Notebook: {result.submission.path}" in data["message"]


def test_points_are_a_share_and_tests_add_up() -> None:
    data = json.loads(to_prairielearn(graded()))
    assert data["score"] == 0.6
    assert sum(test["points"] for test in data["tests"]) == 4.5
    assert sum(test["max_points"] for test in data["tests"]) == 7.5
    assert [test["points"] for test in data["tests"]] == [2.5, 0, 2, 0]
    assert "It imports math." in data["output"]


def test_what_is_not_graded_costs_no_attempt() -> None:
    bad, open_ = (json.loads(to_prairielearn(it)) for it in (ungradable(), broken_grader()))
    assert bad["format_errors"] == ["There is no class VAE."]
    assert "not counted" in open_["format_errors"][0]
    assert "tests" not in open_


def test_what_rules_cost_is_told_among_the_tests() -> None:
    data = json.loads(to_prairielearn(replace(graded(), points=3.5)))
    jsonschema.validate(data, PRAIRIELEARN)
    assert data["tests"][-1]["points"] == -1
    assert data["score"] == pytest.approx(3.5 / 7.5, abs=1e-6)


def test_it_stays_below_its_limit() -> None:
    checks = [failed(f"kl.c{number}", 1.0, "\u4f60" * 50_000) for number in range(100)]
    text = to_prairielearn(replace(graded(), tasks=(task("kl", *checks),)))
    assert len(text.encode()) <= MAX_BYTES
    jsonschema.validate(json.loads(text), PRAIRIELEARN)
