"""What is said of methods that the bank of variants can't hold names what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.outcomes import Examine, lost_checks
from tests.variant_bank import Variant, notebook_with

CASES = yaml.safe_load(Path(__file__).with_name("told_causes.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['task']}-{case['name']}")
def test_the_cause_is_named_and_no_other(case: dict[str, Any], examine_notebook: Examine) -> None:
    variant = Variant(case["task"], case["name"], False, case["why"], case["code"])
    results = examine_notebook(notebook_with(variant), frozenset((case["task"],)))
    named = {check.misconception for result in results for check in result.lost}
    ids = {id for joint in named if joint for id in joint.split("+")}
    assert ids == set(case["misconception"].split()), lost_checks(results)
