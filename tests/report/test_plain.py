"""The text for a comment field: what was lost once each, within its limit."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from grader.report.course import Override
from grader.report.plain import to_plain
from grader.report.result import TaskResult
from tests.made_results import broken_grader, entry, failed, graded, passed, task, ungradable


def test_everything_that_was_lost_is_said() -> None:
    assert to_plain(graded()).splitlines() == [
        "4.5 of 7.5 points.",
        "",
        "KL: 2.5 of 3.5",
        "- It was 2, not 1.",
        "  Hint: Think again.",
        "",
        "ELBO: 2 of 4",
        "- kl failed.",
        "",
        "Rule broken: It imports math. It costs no points.",
    ]


def test_what_checks_say_alike_is_said_once() -> None:
    lost = task("kl", failed("kl.total", 1.0), failed("kl.per_sample", 2.0))
    text = to_plain(replace(graded(), tasks=(lost,)))
    assert text.count("It was 2, not 1.") == text.count("Think again.") == 1


def test_a_task_that_a_rule_cost_says_why() -> None:
    check = replace(passed("kl.total", 2.0), points=0.0, message="Passed, but not counted: x")
    charged = replace(task("kl", check), points=0.0)
    assert "- Passed, but not counted: x" in to_plain(replace(graded(), tasks=(charged,)))


def test_what_is_not_graded_says_why() -> None:
    assert to_plain(ungradable()) == "Not graded: There is no class VAE."
    assert broken_grader().reason in to_plain(broken_grader())


def test_points_by_hand_of_what_is_not_graded_are_told() -> None:
    essay = TaskResult("essay", "Essay", 3.0, 5.0, ())
    result = replace(ungradable(), tasks=(essay,), points=3.0, max_points=12.5)
    assert to_plain(result).splitlines()[1] == "3 of 12.5 points, for what is graded by hand."


def test_overrides_come_last_with_their_reasons() -> None:
    override = Override("kl", 3.0, "spoken about it", 2.5, "Dr. Noether")
    last = to_plain(graded(), replace(entry(graded()), overrides=(override,))).splitlines()[-1]
    assert last == (
        "Set by hand: KL: 3 points instead of 2.5, by Dr. Noether. Reason: spoken about it"
    )


@given(st.text(max_size=300), st.integers(1, 200))
def test_no_text_is_longer_than_its_field(message: str, limit: int) -> None:
    assert len(to_plain(graded(message), limit=limit)) <= limit
