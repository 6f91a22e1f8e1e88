"""Gradescope and JUnit, held to schemas of their fields."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.platforms.artemis import MAX_MESSAGE, to_junit
from grader.platforms.gradescope.results import MAX_BYTES, to_gradescope
from grader.report.result import Result
from tests.made_results import (
    HOSTILE,
    broken_grader,
    course,
    failed,
    graded,
    task,
    ungradable,
)
from tests.platforms.schemas import GRADESCOPE

CHECKS = ("kl.total", "kl.per_sample", "elbo.average", "elbo.gradient")
TASKS = {check: check.partition(".")[0] for check in CHECKS}
RESULTS = [graded(), ungradable(), broken_grader(), graded(HOSTILE)]


@pytest.mark.parametrize("result", RESULTS, ids=["graded", "ungradable", "open", "hostile"])
def test_gradescope_fields(result: Result) -> None:
    data = json.loads(to_gradescope(result))
    jsonschema.validate(data, GRADESCOPE)
    assert data["score"] == result.points
    visible = {test["visibility"] for test in data["tests"]}
    assert visible <= {"visible"}, "one hidden test hides the total"
    if result.reason:
        assert result.reason in data["output"]


def test_gradescope_points() -> None:
    pair = course()[3]
    data = json.loads(to_gradescope(pair.result))
    assert sum(test["max_score"] for test in data["tests"]) == pair.result.max_points
    assert [test["number"] for test in data["tests"]] == ["1.1", "1.2", "2.1", "2.2"]


def test_gradescope_stays_below_its_limit() -> None:
    checks = [failed(f"kl.c{number}", 1.0, "\u4f60" * 50_000) for number in range(100)]
    text = to_gradescope(replace(graded(), tasks=(task("kl", *checks),)))
    assert len(text.encode()) <= MAX_BYTES
    jsonschema.validate(json.loads(text), GRADESCOPE)


def cases(text: str) -> dict[str, ElementTree.Element]:
    """Test cases as Artemis reads them: by name, under one suite whose own name is left out."""
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "testsuites"
    assert [suite.tag for suite in root] == ["testsuite"]
    found = {case.get("name", ""): case for case in root.iter("testcase")}
    assert len(found) == len(list(root.iter("testcase")))
    return found


@pytest.mark.parametrize("result", RESULTS, ids=["graded", "ungradable", "open", "hostile"])
def test_junit_has_the_same_cases_for_everybody(result: Result) -> None:
    found = cases(to_junit(result, TASKS))
    assert tuple(found) == CHECKS
    assert not any(case.findall("skipped") for case in found.values())
    for case in found.values():
        for told in case:
            assert told.tag in ("failure", "error")
            assert told.get("message")


def test_junit_says_which_notebook_was_graded() -> None:
    suite = ElementTree.fromstring(to_junit(graded()).encode())[0]
    assert [(it.get("name"), it.get("value")) for it in suite[0]] == [("notebook", "vae.ipynb")]
    assert suite[0].tag == "properties"


def test_junit_outcomes() -> None:
    found = cases(to_junit(broken_grader(), TASKS))
    tags = {name: [told.tag for told in case] for name, case in found.items()}
    assert tags == {
        "kl.total": [],
        "kl.per_sample": ["error"],
        "elbo.average": [],
        "elbo.gradient": ["failure"],
    }
    suite = ElementTree.fromstring(to_junit(broken_grader()).encode())[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "1")


def test_junit_goes_by_the_points_that_count() -> None:
    first = graded().tasks[0]
    charged = replace(first.checks[0], points=0.0, message="Passed, but not counted.")
    given = replace(first.checks[1], points=1.0)
    result = replace(graded(), tasks=(replace(first, checks=(charged, given)),))
    assert [len(case) for case in cases(to_junit(result)).values()] == [1, 0]


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_junit_is_legal_xml_whatever_the_message(message: str) -> None:
    assert len(cases(to_junit(graded(message), TASKS))) == 4


def test_junit_messages_are_cut() -> None:
    (message,) = [
        told.get("message", "") for told in cases(to_junit(graded("x" * 50_000)))["kl.per_sample"]
    ]
    assert len(message) == MAX_MESSAGE
