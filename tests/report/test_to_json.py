"""The JSON of a result: plain, in its order, and without what only writers need."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from grader.report.to_json import to_json
from tests.made_results import METHODS, graded


def test_the_schema_version_comes_first_and_methods_stay_out() -> None:
    result = graded()
    assert [task.method for task in result.tasks] == list(METHODS.values())
    data = json.loads(to_json(result))
    assert next(iter(data)) == "schema_version"
    assert list(data["tasks"][0]) == ["id", "title", "points", "max_points", "checks", "location"]


def test_numbers_that_json_has_no_word_for_are_null() -> None:
    task = graded().tasks[0]
    evidence = {"actual": np.float32("inf"), "rows": [np.int64(3), float("nan")], 7: (1.5, "x")}
    check = replace(task.checks[0], evidence=evidence)
    data = json.loads(to_json(replace(graded(), tasks=(replace(task, checks=(check,)),))))
    told = data["tasks"][0]["checks"][0]["evidence"]
    assert told == {"actual": None, "rows": [3, None], "7": [1.5, "x"]}


def test_text_stays_readable() -> None:
    assert "Zo\u00eb \u2026" in to_json(graded("Zo\u00eb \u2026"))
