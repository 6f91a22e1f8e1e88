"""What a run and a training add to the advice, and that it never contradicts the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from grader.examiner.conclusion import Examined, conclude, repeated_in
from grader.examiner.rubric import default_path, load_rubric
from grader.examiner.run_explanations import small_data_note
from grader.examiner.training_verdict import hanging_method, not_trained
from grader.examiner.widening import Checked
from grader.report.result import (
    NO_ERROR,
    CheckResult,
    CheckStatus,
    Run,
    Submission,
    TaskResult,
    Training,
)
from grader.submission import extract, load
from grader.submission.files import Files
from grader.submission.program import Program
from grader.submission.slices import Definition, Slice
from grader.vae import ASSIGNMENT, spec
from grader.vae.checks import CHECKS
from tests.examiner.test_examination import with_methods

CODE = Slice((), Program(ASSIGNMENT, Files((), Path(), (), 1)), Definition((), 0))
FAILED = Training("failed", error="NameError: name 'batch_size' is not defined")
RUBRIC = load_rubric(default_path(), ASSIGNMENT)
RIGHT = "The checks found the ELBO right"


def advice(tasks: tuple[TaskResult, ...], run: Run, training: Training) -> tuple[str, ...]:
    checked = Checked(tasks, frozenset(), CODE)
    examined = Examined(Submission("vae.ipynb", "", ""), checked, (), run, training)
    return conclude(examined, RUBRIC, ASSIGNMENT).advice


@pytest.mark.parametrize(
    ("body", "is_said"),
    [
        ("kl = (mu ** 2 + torch.exp(2 * logsigma)) / 2 - logsigma\nreturn kl.sum(1) - 16", True),
        ("a = 0.5 * (mu ** 2 + torch.exp(2 * logsigma) - 1)\n"
         "return (a - logsigma).squeeze().sum(-1)", False),
    ],
    ids=["a size as a number", "an axis that is lost at size 1"],
)  # fmt: skip
def test_sizes_as_numbers_are_advised_against_where_there_are_numbers(
    body: str, is_said: bool, tmp_path: Path
) -> None:
    path = tmp_path / "vae.ipynb"
    nbformat.write(with_methods(kl_divergence=body), path)
    checked = Checked(_at_full_size_alone("kl"), frozenset(), extract(load(path), ASSIGNMENT))
    examined = Examined(Submission("vae.ipynb", "", ""), checked, (), Run(), Training("not_run"))
    said = " ".join(conclude(examined, RUBRIC, ASSIGNMENT).advice)
    assert ("`kl_divergence`: right at the assignment's sizes" in said) is is_said


def _at_full_size_alone(task: str) -> tuple[TaskResult, ...]:
    """Every task with all checks passed, those of one at the assignment's own sizes alone."""
    return tuple(
        replace(one, checks=tuple(replace(c, evidence={"sizes": "all"}) for c in one.checks))
        if one.id == task
        else one
        for one in _tasks({})
    )


def _tasks(
    statuses: Mapping[str, CheckStatus], without: tuple[str, ...] = ()
) -> tuple[TaskResult, ...]:
    """Every task with all of its checks passed, but these and those that are left out."""
    return tuple(
        TaskResult(
            task.id,
            task.title,
            0.0,
            0.0,
            tuple(
                CheckResult(c.id, c.title, 0.0, 1.0, statuses.get(c.id, "passed"))
                for c in CHECKS
                if c.task == task.id and c.id not in without
            ),
        )
        for task in spec.TASKS
    )


def test_the_checks_found_the_elbo_right() -> None:
    (said,) = advice(_tasks({}), Run(), FAILED)
    assert said.startswith(RIGHT)


@pytest.mark.parametrize("check", [c.id for c in CHECKS if c.task == "elbo"])
@pytest.mark.parametrize("status", ["failed", "not_reached", "grader_error", None])
def test_that_is_said_only_where_every_check_of_it_passed(
    check: str, status: CheckStatus | None
) -> None:
    tasks = _tasks({check: status}) if status else _tasks({}, without=(check,))
    assert not any(RIGHT in text for text in advice(tasks, Run(), FAILED))


@pytest.mark.parametrize("check", [c.id for c in CHECKS if c.task in ("encoder", "kl", "reparam")])
def test_nor_where_what_it_calls_has_an_error(check: str) -> None:
    assert advice(_tasks({check: "failed"}), Run(), FAILED) == ()


def _timed_out(task: str, *passed: str) -> tuple[TaskResult, ...]:
    """Every task passed, but for one that ran out of time in all checks but these."""
    result = {"failure": "timed_out"}
    return tuple(
        replace(
            it,
            method=ASSIGNMENT.task_by_id[it.id].method.name,
            checks=tuple(
                c
                if c.id in passed or it.id != task
                else replace(c, status="failed", evidence=result)
                for c in it.checks
            ),
        )
        for it in _tasks({})
    )


@pytest.mark.parametrize("task", ["elbo", "encoder", "kl"])
def test_a_class_whose_training_would_never_end_is_not_trained(task: str) -> None:
    method = hanging_method(_timed_out(task), ASSIGNMENT)
    assert method == ASSIGNMENT.task_by_id[task].method.name
    trained = not_trained(method)
    assert (trained.status, trained.error) == (
        "timed_out",
        f"The class was not trained, for `{method}` does not come to an end.",
    )


def test_one_that_is_slow_in_some_checks_or_is_not_called_is_trained() -> None:
    assert hanging_method(_timed_out("encoder", "encoder.mu"), ASSIGNMENT) is None
    assert hanging_method(_timed_out("sample"), ASSIGNMENT) is None
    assert hanging_method(_tasks({}), ASSIGNMENT) is None
    assert not_trained(None) == Training()


def test_what_is_no_error_of_the_students_stands_in_the_advice_with_its_cell() -> None:
    run = Run(
        "failed",
        1.0,
        7,
        "AssertionError",
        ("Cell 2 put out more.", small_data_note(ASSIGNMENT.data(), 640, 150)),
    )
    (said,) = advice(_tasks({}), run, Training())
    assert said.startswith(f"Cell 7: {NO_ERROR}")
    assert "small part of MNIST" in said


def test_one_misconception_in_several_tasks_is_told_once() -> None:
    def lost(check: str, misconception: str | None) -> TaskResult:
        result = CheckResult(check, "", 0.0, 1.0, "failed", "", "", misconception)
        task = ASSIGNMENT.task_by_id[check.split(".")[0]]
        return TaskResult(task.id, task.title, 0.0, 1.0, (result,))

    tasks = (
        lost("reparam.scale", "reparam.log_variance"),
        lost("kl.total", "kl.without_half+kl.log_variance"),
        lost("elbo.exact", "elbo.negated"),
        lost("sample.shape", None),
    )
    (repeated,) = repeated_in(tasks, ASSIGNMENT.misconceptions)
    assert repeated.misconceptions == ("reparam.log_variance", "kl.log_variance")
    assert repeated.tasks == ("Reparametrised sampling", "KL divergence")
    assert repeated.title == "log sigma is read as the logarithm of the variance"
    assert not repeated_in(tasks[1:], ASSIGNMENT.misconceptions)
