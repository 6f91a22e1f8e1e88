"""Classroom 50's result.json, held to the schema, and the Markdown beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import jsonschema
import pytest

from grader.examiner.rubric import Rubric
from grader.platforms.classroom50 import factor_of, to_classroom50, to_release_body
from grader.platforms.platform import NotWrittenError
from grader.report.result import Result
from tests.made_results import HOSTILE, broken_grader, graded, ungradable
from tests.platforms.schemas import CLASSROOM50

CHECKS = {"kl.total": 2.5, "kl.per_sample": 1.0, "elbo.average": 2.0, "elbo.gradient": 2.0}
RUBRIC = Rubric({"kl": 3.5, "elbo": 4.0}, CHECKS, {"no_distributions": "task"})
TITLES = {"kl.total": "KL: Total"}
NOW = datetime(2026, 6, 1, 14, 32, 1, tzinfo=timezone.utc)
RUNNER = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "vae",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/1",
    "RELEASE_URL": "https://example.org/releases/1",
    "REVIEW_URL": "https://example.org/compare/0...1",
}


def written(result: Result, rubric: Rubric = RUBRIC) -> dict[str, Any]:
    """What is written, as the collector of scores reads it."""
    data: dict[str, Any] = json.loads(to_classroom50(result, rubric, TITLES, RUNNER, NOW))
    jsonschema.validate(data, CLASSROOM50)
    assert data["score"] <= data["max-score"]
    assert all(test["score"] <= test["max-score"] for test in data["tests"])
    assert sum(test["max-score"] for test in data["tests"]) == data["max-score"]
    return data


@pytest.mark.parametrize("result", [graded(), graded(HOSTILE), ungradable()])
def test_everybody_has_the_same_tests_and_maxima(result: Result) -> None:
    data = written(result)
    assert [test["max-score"] for test in data["tests"]] == [5, 2, 4, 4]
    assert data["max-score"] == 15
    assert data["score"] == 2 * result.points == sum(test["score"] for test in data["tests"])


def test_what_the_runner_knows_is_copied() -> None:
    data = written(graded())
    assert data["classroom"] == "cs"
    assert data["submission"] == RUNNER["SUBMISSION_TAG"]
    assert data["review"] == RUNNER["REVIEW_URL"]
    assert data["datetime"] == "2026-06-01T14:32:01Z"
    assert data["tests"][0]["test-name"] == "KL: Total"
    assert [test["passed"] for test in data["tests"]] == [True, False, True, False]


def test_without_a_link_to_review_it_is_that_to_the_commit() -> None:
    unset = {name: value for name, value in RUNNER.items() if name != "REVIEW_URL"}
    for environment in (unset, {**RUNNER, "REVIEW_URL": ""}):
        data = json.loads(to_classroom50(graded(), RUBRIC, {}, environment, NOW))
        assert data["review"] == RUNNER["COMMIT_URL"]


def test_outside_the_runner_nothing_is_written() -> None:
    with pytest.raises(NotWrittenError, match=r"CLASSROOM, .*RELEASE_URL, and they"):
        to_classroom50(graded(), RUBRIC, {}, {"ASSIGNMENT": "vae", "COMMIT_URL": "x"}, NOW)


def test_what_is_open_is_no_zero() -> None:
    with pytest.raises(NotWrittenError, match="not decided"):
        to_classroom50(broken_grader(), RUBRIC, {}, RUNNER, NOW)


@pytest.mark.parametrize(
    ("points", "cost", "factor"),
    [
        ((1, 2), "advice", 1),
        ((0.5, 1.5), "advice", 2),
        ((0.25, 1), "advice", 4),
        ((1, 2), 0.1, 10),
        ((0.5, 0.2), "task", 10),
        ((1 / 3, 2 / 3), "advice", 100),
    ],
)
def test_points_are_multiplied_until_all_are_whole(
    points: tuple[float, ...], cost: Any, factor: int
) -> None:
    checks = {f"kl.c{number}": float(worth) for number, worth in enumerate(points)}
    rubric = Rubric({"kl": sum(points)}, checks, {"no_distributions": cost})
    assert factor_of(rubric) == factor


def test_what_rules_cost_is_in_the_score() -> None:
    rubric = replace(RUBRIC, rules={"no_additional_imports": 1.0})
    data = written(replace(graded(), points=3.5), rubric)
    assert (data["score"], data["max-score"]) == (7, 15)


def test_students_read_points_notebook_and_reasons() -> None:
    text = to_release_body(graded(), RUBRIC)
    assert text.startswith("### 4.5 of 7.5 points\n")
    assert "1 point is 2 there: 9 of 15." in text
    assert "| KL | 2.5 | 3.5 |" in text
    assert "Notebook: vae.ipynb" in text
    assert "It was 2, not 1." in text
    whole = replace(RUBRIC, checks={"kl.total": 3.0})
    assert "whole numbers" not in to_release_body(graded(), whole)
    assert "There is no class VAE." in to_release_body(ungradable(), RUBRIC)


def test_nothing_of_a_submission_is_markup() -> None:
    message = f"~~~~\n@everybody #1 <script>\n~~~~~~text {HOSTILE}"
    text = to_release_body(graded(message), RUBRIC)
    fences = [line for line in text.splitlines() if line.startswith("~~~~~~~")]
    assert fences == ["~~~~~~~text", "~~~~~~~"]
    assert "@everybody" not in text.partition(fences[0])[0]
    assert text.rstrip().endswith(fences[1])
