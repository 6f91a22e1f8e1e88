"""What results say of themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.report.result import RuleResult, Run, Training
from tests.made_results import broken_grader, failed, graded, passed


def test_misconceptions_that_are_joined_come_apart() -> None:
    check = failed("kl.total", 1.0)
    assert check.misconceptions == ()
    assert replace(check, misconception="kl.a").misconceptions == ("kl.a",)
    assert replace(check, misconception="kl.a+kl.b").misconceptions == ("kl.a", "kl.b")


def test_a_check_is_earned_by_its_points() -> None:
    right = passed("kl.total", 2.0)
    assert right.is_earned
    assert not replace(right, points=0.0).is_earned  # not counted
    assert replace(failed("kl.total", 2.0), points=2.0).is_earned  # by hand
    assert passed("kl.total", 0.0).is_earned
    assert not failed("kl.total", 0.0).is_earned


@pytest.mark.parametrize(
    ("consequence", "cost"),
    [
        ("It costs 2.5 points.", 2.5),
        ("It costs 1 point.", 1.0),
        ("It costs 1e-06 points.", 1e-6),
        ("It costs the points of KL.", 0.0),
        ("It costs no points; your instructor may look at it.", 0.0),
        ("", 0.0),
    ],
)
def test_a_rule_costs_what_its_consequence_says(consequence: str, cost: float) -> None:
    assert RuleResult("r", "broken", "It was used.", consequence).cost == cost


def test_parts_are_found() -> None:
    assert [check.id for check in graded().checks] == [
        "kl.total",
        "kl.per_sample",
        "elbo.average",
        "elbo.gradient",
    ]
    assert [rule.id for rule in graded().broken_rules] == ["no_additional_imports"]
    assert [check.id for check in graded().tasks[1].lost] == ["elbo.gradient"]


def test_what_is_open_may_be_decided_by_another_grading() -> None:
    assert not graded().is_open
    assert broken_grader().is_open
    assert [task.is_open for task in broken_grader().tasks] == [True, False]
    assert replace(graded(), run=Run("interrupted")).is_open
    assert replace(graded(), training=Training("interrupted")).is_open
