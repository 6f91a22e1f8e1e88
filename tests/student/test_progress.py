"""The words of a self-check, from results."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.report.page import to_page, to_table
from grader.report.plain import to_plain
from grader.report.result import NO_ERROR, CheckResult, Result, Run, Submission, TaskResult, TryIt
from grader.report.task_state import has_all_points, next_step, state
from grader.report.terminal import to_terminal
from grader.student.live import SelfCheck
from grader.student.text import to_change_text, to_text
from tests.made_results import TITLE, failed, task
from tests.outcomes import grade_file
from tests.student.student_notebooks import TEMPLATE, UNWRITTEN, WRONG_KL, write


@pytest.fixture(scope="module")
def begun(
    rubric: Rubric, candidates: Candidates, tmp_path_factory: pytest.TempPathFactory
) -> Result:
    """A notebook with one wrong task and two that are not begun."""
    path = tmp_path_factory.mktemp("begun") / "vae.ipynb"
    write(path, kl_divergence=WRONG_KL, elbo=UNWRITTEN, sample="pass")
    return replace(grade_file(path, rubric, candidates), submission=Submission("vae.ipynb", "", ""))


def test_template_is_not_yet_written(rubric: Rubric, candidates: Candidates) -> None:
    result = grade_file(TEMPLATE, rubric, candidates)
    assert {state(task) for task in result.tasks} == {"not yet"}
    assert next_step(result).startswith("Write `encoder` (the cell that starts with `class VAE`")
    words = to_text(result)
    assert "Failed" not in words
    assert words.count("not yet") == 6


def test_states_tell_wrong_from_unwritten(begun: Result) -> None:
    states = {task.id: state(task) for task in begun.tasks}
    assert states == {
        "encoder": "done",
        "reparam": "done",
        "decoder": "done",
        "kl": "to correct",
        "elbo": "not yet",
        "sample": "not yet",
    }
    assert next_step(begun).startswith("Correct `kl_divergence` (cell [4], line ")
    assert not has_all_points(begun)


def test_text_fits_a_terminal_and_says_all_in_words(begun: Result) -> None:
    words = to_text(begun)
    assert all(len(line) <= 80 for line in words.splitlines())
    assert words.replace("\n", "").isprintable()
    assert "Not yet written: ELBO, Generating." in words
    assert "Hint: " in words


def test_change_names_tasks_up_and_down(begun: Result) -> None:
    after = replace(
        begun,
        points=begun.points - 8,
        tasks=tuple(
            replace(task, points=2.0, checks=_failed(task, 8.0)) if task.id == "encoder" else task
            for task in begun.tasks
        ),
    )
    words = to_change_text(begun, after)
    assert "8 points down." in words.splitlines()[0]
    assert "Encoder: 2 of 10, 8 points down; to correct." in words
    assert "Decoder" not in words
    assert "8 points up" in to_change_text(after, begun)
    assert "No task changed." in to_change_text(begun, begun)


def _failed(task: TaskResult, points: float) -> tuple[CheckResult, ...]:
    first = CheckResult(task.checks[0].id, "t", 0.0, points, "failed", "came 1", "think")
    return (first, *task.checks[1:])


def test_a_rule_that_takes_points_is_not_all_points(begun: Result) -> None:
    done = replace(begun, tasks=begun.tasks[:1], points=8.0, max_points=10.0)
    assert not has_all_points(done)
    assert "broken rules" in next_step(done)
    charged = replace(done.tasks[0], points=0.0)
    assert state(charged) == "to correct"
    assert "broken rule" in next_step(replace(done, tasks=(charged,)))


@pytest.fixture
def all_points() -> Result:
    check = CheckResult("kl.total", "Title", 5.0, 5.0, "passed")
    task = TaskResult("kl", "KL divergence", 5.0, 5.0, (check,), {"cell": 1, "line": 2})
    return Result(Submission("vae.ipynb", "", ""), "graded", 5.0, 5.0, (task,))


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        ("failed", "ZeroDivisionError: division by zero", "ZeroDivisionError: division by zero."),
        ("failed", "ValueError: a\n  b" + "c" * 1000, "ValueError: a …."),
        ("timed_out", "Cell 14 ran longer than 60 seconds.", "longer than 60 seconds."),
        ("killed", "Cell 14 ended the kernel: it called exit.", "it called exit."),
        ("killed", None, "killed."),
    ],
)
def test_a_right_notebook_that_stops_is_told_to_mend_that_cell_first(
    status: Any, error: str | None, told: str, all_points: Result
) -> None:
    stopped = replace(all_points, run=Run(status, 1.0, 14, error))
    next_ = next_step(stopped)
    stops = "Run from top to bottom, the notebook stops there: "
    assert next_.startswith(f"Mend cell 14 first. {stops}")
    assert f"{told} Then restart the kernel, run all cells, save the notebook" in next_
    assert (
        "<strong>Next:</strong> Mend cell 14 first."
        in to_page(stopped, TITLE).partition("<main>")[0]
    )
    assert f"Cell 14: {stops}" in to_plain(stopped)
    words = " ".join(to_terminal(stopped).split())
    assert "Next: Mend cell 14 first. Then restart the kernel, run all cells" in words
    assert not re.search(r"\w This costs no points|\.\. This|None", words)


def test_a_stop_that_may_be_no_error_is_not_called_one_to_mend(all_points: Result) -> None:
    run = Run("failed", 1.0, 14, "ValueError: no GPU", (f"{NO_ERROR} there is no GPU here.",))
    next_ = next_step(replace(all_points, run=run))
    assert next_.startswith("Read the advice on cell 14 first. Run from top to bottom,")


@pytest.mark.parametrize("run", [Run(), Run("completed", 1.0), Run("interrupted", cell=3)])
def test_a_notebook_that_does_not_stop_is_handed_in(run: Run, all_points: Result) -> None:
    assert next_step(replace(all_points, run=run)).startswith("Restart the kernel")


def test_tasks_come_before_the_cell_that_stops(begun: Result) -> None:
    stopped = replace(begun, run=Run("failed", 1.0, 3, "x"))
    assert next_step(stopped) == next_step(begun)
    assert "Next:" not in to_terminal(stopped)


def test_a_check_without_a_run_says_that_it_ran_nothing(all_points: Result) -> None:
    for text in (to_text(all_points), repr(SelfCheck(all_points)), to_table(all_points)):
        assert "the notebook was not run" in " ".join(text.split())
    ran = replace(all_points, run=Run("completed", 1.0))
    for text in (to_text(ran), to_table(ran)):
        assert "the notebook was not run" not in " ".join(text.split())


@given(st.text(max_size=300), st.integers(50, 120))
def test_any_message_stays_within_the_width(message: str, width: int) -> None:
    check = CheckResult("kl.total", "Title", 0.0, 5.0, "failed", message, message)
    task = TaskResult("kl", "KL divergence", 0.0, 5.0, (check,), {"cell": 1, "line": 2})
    result = Result(Submission("vae.ipynb", "", ""), "graded", 0.0, 5.0, (task,))
    assert all(len(line) <= width for line in to_text(result, width).split("\n"))


def test_the_first_example_of_a_task_is_shown_and_all_on_demand() -> None:
    lost = (failed("kl.total", 1.0, "It is 2."), failed("kl.per_sample", 1.0, "It is 3."))
    first, second = (TryIt(f"print({n})", f"{n}", "0") for n in (1, 2))
    shown = (replace(lost[0], try_it=first), replace(lost[1], try_it=second))
    result = Result(Submission("", "", ""), "graded", 0.0, 2.0, (task("kl", *shown),))
    assert "print(1)" in to_text(result)
    assert "print(2)" not in to_text(result)
    assert "print(2)" in to_text(result, explain=True)
