"""Results read back: what no grading can have written is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.compare import CompareError, read_results
from grader.course.grade_submission import failed_result
from grader.examiner.penalties import charged, penalty, rule_results
from grader.examiner.rubric import Rubric
from grader.report.from_json import from_json
from grader.report.result import Result
from grader.report.to_json import to_json
from grader.submission.rules import RULES, Finding
from tests.made_results import METHODS, broken_grader, graded, ungradable, with_example


@pytest.mark.parametrize(
    "result", [graded(), ungradable(), broken_grader(), failed_result("p", "s", 7.5, "boom")]
)
def test_results_of_every_kind_are_read(result: Result) -> None:
    assert from_json(to_json(result), METHODS) == result


RULE_IDS = [rule.id for rule in RULES]
costs = st.sampled_from(["advice", "task"]) | st.floats(0, 1e6) | st.integers(0, 100)


@given(st.lists(costs, min_size=5, max_size=5), st.sets(st.sampled_from(RULE_IDS)))
def test_results_are_read_whatever_broken_rules_cost(costs: list[Any], broken: set[str]) -> None:
    rubric = Rubric({}, {}, dict(zip(RULE_IDS, costs, strict=True)))
    findings = [Finding(rule, task, 1, 1, "x") for rule in broken for task in ("kl", None)]
    tasks = charged(graded().tasks, findings, rubric)
    points = max(0.0, sum(task.points for task in tasks) - penalty(findings, rubric))
    rules = rule_results(findings, rubric, {"kl": "KL"})
    result = replace(graded(), tasks=tasks, points=points, rules=rules)
    assert from_json(to_json(result), METHODS) == result


PLACES = [
    ("points",),
    ("max_points",),
    ("tasks", 0, "points"),
    ("tasks", 0, "max_points"),
    ("tasks", 0, "checks", 0, "points"),
    ("tasks", 0, "checks", 0, "max_points"),
]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1", "99", "0.25"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_points_that_no_grading_gives_are_refused(place: tuple[Any, ...], value: str) -> None:
    data = json.loads(to_json(graded()))
    at = data
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = "HERE"
    with pytest.raises(ValueError, match=r"number|points"):
        from_json(json.dumps(data).replace('"HERE"', value))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1e999"])
@pytest.mark.parametrize("place", ["seconds", "evidence", "losses"])
def test_no_number_of_a_result_is_without_end(place: str, value: str) -> None:
    data = json.loads(to_json(graded()))
    if place == "seconds":
        data["seconds"] = "HERE"
    elif place == "evidence":
        data["tasks"][0]["checks"][0]["evidence"] = {"came": ["HERE"]}
    else:
        data["training"]["losses"] = ["HERE"]
    with pytest.raises(ValueError, match="no number in JSON"):
        from_json(json.dumps(data).replace('"HERE"', value))


def test_points_raised_by_an_editor_are_refused() -> None:
    text = to_json(graded())
    assert text.count('"points": 4.5') == 1
    for points in ("4.6", "7.5", "4.4"):
        with pytest.raises(ValueError, match="the total has"):
            from_json(text.replace('"points": 4.5', f'"points": {points}'))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"points": ' * 50_000, "\x00", '"\ud800"'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_json(text)


def test_a_comparison_says_which_result_can_not_be_read(tmp_path: Path) -> None:
    text = to_json(graded()).replace('"points": 4.5', '"points": NaN')
    (tmp_path / "ada.json").write_text(text)
    with pytest.raises(CompareError, match=r"ada\.json can't be read: .*NaN"):
        dict(read_results(tmp_path))


def test_examples_come_back() -> None:
    result = with_example(graded())
    assert from_json(to_json(result), METHODS) == result
