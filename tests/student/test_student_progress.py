"""The words of a self-check, from results."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from student_notebooks import TEMPLATE, UNWRITTEN, WRONG_KL, write

from grader.candidate.client import Candidates
from grader.grading import grade_file
from grader.report.result import CheckResult, Result, Submission, TaskResult
from grader.rubric import Rubric
from grader.student.progress import has_all_points, next_step, state
from grader.student.text import to_change_text, to_text


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
    assert next_step(result).startswith("Write `encoder` (cell ")
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
    assert next_step(begun).startswith("Correct `kl_divergence` (cell ")
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


@given(st.text(max_size=300), st.integers(50, 120))
def test_any_message_stays_within_the_width(message: str, width: int) -> None:
    check = CheckResult("kl.total", "Title", 0.0, 5.0, "failed", message, message)
    task = TaskResult("kl", "KL divergence", 0.0, 5.0, (check,), {"cell": 1, "line": 2})
    result = Result(Submission("vae.ipynb", "", ""), "graded", 0.0, 5.0, (task,))
    assert all(len(line) <= width for line in to_text(result, width).split("\n"))
