"""The report on a terminal: words carry it, colours only help, and no line is too long."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.page import to_page
from grader.report.plain import to_plain
from grader.report.result import RepeatedMisconception, Result, Run, Training
from grader.report.terminal import run_words, to_svg, to_terminal
from grader.student.text import to_text
from tests.made_results import (
    TITLE,
    TRY_IT,
    broken_grader,
    failed,
    graded,
    passed,
    task,
    ungradable,
    with_example,
)

RESULT = replace(graded(), run=Run("completed", 1.25))
OPEN = replace(broken_grader(), run=RESULT.run)


def words(result: Result) -> str:
    return " ".join(to_terminal(result).split())


def test_the_table_has_every_task_and_the_sum() -> None:
    lines = [" ".join(line.split()) for line in to_terminal(RESULT).splitlines()]
    for line in ("KL 2.5 of 3.5 1 of 2 passed", "ELBO 2 of 4 1 of 2 passed", "Total 4.5 of 7.5"):
        assert line in lines


def test_what_was_lost_is_said_with_its_hint() -> None:
    text = words(RESULT)
    for part in (
        "KL lost 1 of 3.5 -1 Title of kl.per_sample It was 2, not 1. Hint: Think again.",
        "Run: all cells executed in 1.2 s.",
        "Rule: It imports math. It costs no points.",
    ):
        assert part in text


def test_a_task_without_any_point_says_its_reason_once() -> None:
    lost = task("kl", failed("kl.total", 1.0), failed("kl.per_sample", 2.0))
    text = words(replace(RESULT, tasks=(lost,)))
    assert "-3 all checks It was 2, not 1. Hint: Think again." in text


def test_a_task_that_a_rule_cost_is_told_from_a_right_one() -> None:
    charged = replace(task("kl", passed("kl.total", 2.0)), points=0.0)
    right = task("elbo", passed("elbo.average", 2.0))
    text = words(replace(RESULT, tasks=(charged, right)))
    assert "KL 0 of 2 passed, not counted" in text
    assert "ELBO 2 of 2 all passed" in text


@pytest.mark.parametrize("result", [RESULT, ungradable(), OPEN, with_example(RESULT)])
def test_the_whole_is_both_of_its_parts(result: Result) -> None:
    parts = [to_terminal(result, explain=True, part=part) for part in ("checks", "rest")]
    assert "".join(parts) == to_terminal(result, explain=True)


def test_a_run_is_told_of_after_the_checks() -> None:
    checks, rest = (to_terminal(RESULT, part=part) for part in ("checks", "rest"))
    assert "Total" in checks
    assert "Run:" not in checks
    assert rest.startswith("Run: ")


def test_what_is_not_graded_says_why_and_has_no_table() -> None:
    assert words(ungradable()).endswith("Not graded: There is no class VAE.")
    assert words(OPEN).endswith("The grader itself failed in some checks.")


@pytest.mark.parametrize(
    ("run", "training", "expected"),
    [
        (Run(), Training(), []),
        (Run(error="It was not run."), Training(), [("Run", "It was not run.")]),
        (
            Run("timed_out", cell=3, error="It took too long."),
            Training(error="No class."),
            [
                ("Run", "timed out in cell 3: It took too long. This costs no points by itself."),
                ("Training", "No class."),
            ],
        ),
        (
            Run("completed", 2.0),
            Training("completed", "cuda", 50, 550.0, 210.0),
            [
                ("Run", "all cells executed in 2.0 s."),
                ("Training", "50 steps on a GPU, loss 550.0 to 210.0."),
            ],
        ),
    ],
)
def test_run_and_training_are_a_sentence_each(
    run: Run, training: Training, expected: list[tuple[str, str]]
) -> None:
    assert run_words(replace(graded(), run=run, training=training)) == expected


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=300), st.integers(50, 120))
def test_colours_add_nothing_and_lines_fit(message: str, width: int) -> None:
    result = replace(graded(message), run=RESULT.run)
    plain, coloured = to_terminal(result, width), to_terminal(result, width, colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    assert "\x1b" not in plain
    assert max(map(len, plain.split("\n"))) <= width


def test_examples_are_shown_on_demand() -> None:
    result = with_example(RESULT)
    assert "tiny" not in to_terminal(result)
    text = to_terminal(result, explain=True)
    for line in TRY_IT.code.splitlines():
        assert f"    {line}" in text
    assert "It prints 2 < 1; right is 1 < 2." in text


def test_the_picture_is_an_svg_that_loads_no_font() -> None:
    svg = to_svg(RESULT)
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert "@font-face" not in svg
    assert "all&#160;cells&#160;executed" in svg


def test_an_exception_is_the_next_step() -> None:
    evidence = {"failure": "raised", "exception": "ValueError", "cell": 3, "line": 9}
    raised = replace(failed("kl.total", 2.0), evidence=evidence)
    result = replace(RESULT, tasks=(task("kl", raised),))
    assert "Next: Correct cell 3, line 9, in `kl_divergence`. ValueError." in to_terminal(result)
    assert "Next:" not in to_terminal(RESULT)


def test_what_shows_in_several_tasks_stands_above_them() -> None:
    repeated = RepeatedMisconception(("kl.x", "elbo.x"), "the sum is a mean", ("KL", "ELBO"))
    result = replace(RESULT, repeated=(repeated,))
    for text in (to_terminal(result), to_text(result), to_plain(result), to_page(result, TITLE)):
        assert text.count("The same in KL and ELBO: the sum is a mean.") == 1
