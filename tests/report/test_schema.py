"""The JSON schema of results: in step with the dataclasses, and true of what is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.report.result import (
    CheckResult,
    OtherGrading,
    Result,
    RuleResult,
    Run,
    Submission,
    TaskResult,
    json_fields,
)
from grader.report.result import Training as Trained
from grader.report.schema import to_schema
from grader.report.to_json import to_json
from tests.made_results import HOSTILE, broken_grader, graded, ungradable
from tests.outcomes import ROOT, grade_file

DOCS = ROOT / "grader" / "docs"
SCHEMA = json.loads((DOCS / "result.schema.json").read_text(encoding="utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_made_from_the_dataclasses() -> None:
    anew = f"python -m grader.report.schema '{SCHEMA['title']}'"
    assert json.loads(to_schema(SCHEMA["title"])) == SCHEMA, f"{anew} makes it anew"


@pytest.mark.parametrize("result", [graded(), ungradable(), broken_grader(), graded(HOSTILE)])
def test_what_is_written_is_valid(result: Result) -> None:
    VALID.validate(json.loads(to_json(result)))


def test_a_result_with_another_grading_is_valid() -> None:
    VALID.validate(json.loads(to_json(replace(graded(), other_grading=OtherGrading(True, 5, 7.5)))))


@given(st.from_type(Run), st.from_type(Trained))
def test_whatever_came_of_run_and_training_is_valid(run: Run, training: Trained) -> None:
    VALID.validate(json.loads(to_json(replace(graded(), run=run, training=training))))


@pytest.mark.parametrize("name", ["reference/vae_solved.ipynb", "student_template/vae.ipynb"])
def test_real_results_are_valid(name: str, rubric: Rubric, candidates: Candidates) -> None:
    VALID.validate(json.loads(to_json(grade_file(Path(ROOT, name), rubric, candidates))))


@pytest.mark.parametrize(
    ("key", "value"),
    [("schema_version", 2), ("status", "fine"), ("points", "60"), ("tasks", {}), ("run", None)],
)
def test_what_is_no_result_is_not_valid(key: str, value: object) -> None:
    data = json.loads(to_json(graded()))
    assert not VALID.is_valid({**data, key: value})
    del data[key]
    assert not VALID.is_valid(data)


def test_the_page_names_every_key() -> None:
    page = (DOCS / "result.md").read_text(encoding="utf-8")
    for kind in (
        Result,
        Submission,
        TaskResult,
        CheckResult,
        RuleResult,
        Run,
        Trained,
        OtherGrading,
    ):
        for one in json_fields(kind):
            assert f"`{one.name}`" in page, f"{kind.__name__}.{one.name}"
