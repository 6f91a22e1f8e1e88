"""How far a student has come, from results made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.report.result import CheckResult, TaskResult
from grader.report.task_state import is_unwritten, line_to_mend, next_step, state
from tests.made_results import broken_grader, failed, graded, passed, task, ungradable

PLACE = {"cell": 3, "line": 4}


def kl(*checks: CheckResult, placed: bool = True) -> TaskResult:
    return replace(task("kl", *checks), location=PLACE if placed else None)


def unwritten(id: str, points: float, more: str = "") -> CheckResult:
    check = failed(id, points, f"`kl_divergence` is not implemented{more}.")
    return replace(check, evidence={"unwritten": True})


def not_reached() -> CheckResult:
    return replace(failed("kl.c", 1.0, "kl.total failed."), status="not_reached", hint="")


DONE = kl(passed("kl.total", 2.0))
ABSENT = failed("kl.total", 2.0, "'Net' has no attribute 'kl_divergence'.")
MISSING = kl(replace(ABSENT, evidence={"missing": True}), placed=False)
CHARGED = replace(DONE, points=0.0)
TASKS = [
    (DONE, "done", ""),
    (CHARGED, "to correct", "Look at `kl_divergence` (cell 3, line 4): a broken rule"),
    (kl(failed("kl.total", 2.0)), "to correct", "Correct `kl_divergence` (cell 3, line 4). Think"),
    (kl(unwritten("kl.total", 2.0), not_reached()), "not yet", "Write `kl_div"),
    (kl(unwritten("kl.total", 2.0, ": it returns None")), "not yet", "Write `kl_div"),
    (kl(failed("kl.total", 2.0, "`encoder` is not implemented.")), "to correct", "Correct `kl_div"),
    (kl(passed("kl.a", 1.0), unwritten("kl.b", 1.0)), "to correct", "Correct"),
    (MISSING, "not yet", "Put the method `kl_divergence` back into the class, and write it."),
]


@pytest.mark.parametrize(("part", "expected", "step"), TASKS)
def test_a_task_has_a_state_and_a_next_step(part: TaskResult, expected: str, step: str) -> None:
    assert state(part) == expected
    assert is_unwritten(part) == (expected == "not yet")
    result = replace(graded(), tasks=(part,), points=part.points, max_points=2.0)
    assert next_step(result).startswith(step or "Restart the kernel")


def test_an_exception_sends_to_its_line_and_says_what_it_is() -> None:
    evidence = {
        "failure": "raised",
        "exception": "AttributeError",
        "cell": 3,
        "line": 9,
        "says": "There is no `liner1` in VAE.",
    }
    raised = replace(failed("kl.total", 2.0), evidence=evidence)
    part = kl(failed("kl.a", 1.0), raised)
    result = replace(graded(), tasks=(part,), cells={"3": "cell [2]"})
    step = "Correct cell [2], line 9, in `kl_divergence`."
    assert next_step(result) == f"{step} There is no `liner1` in VAE."
    assert next_step(result, brief=True) == step
    assert line_to_mend(result) == next_step(result)
    unknown = replace(raised, evidence={**evidence, "says": ""})
    assert next_step(replace(result, tasks=(kl(unknown),))) == f"{step} AttributeError."


@pytest.mark.parametrize("elsewhere", [{"cell": 3, "line": 2}, {"cell": 1, "line": 40}])
def test_an_exception_outside_the_method_is_not_said_to_be_in_it(
    elsewhere: dict[str, int],
) -> None:
    evidence = {"failure": "raised", "exception": "ValueError", "says": "", **elsewhere}
    raised = replace(failed("kl.total", 2.0), evidence=evidence)
    step = next_step(replace(graded(), tasks=(kl(raised),)))
    assert step == f"Correct cell {elsewhere['cell']}, line {elsewhere['line']}. ValueError."


def test_without_an_exception_there_is_no_line_to_mend() -> None:
    assert line_to_mend(replace(graded(), tasks=(kl(failed("kl.total", 2.0)),))) == ""
    assert line_to_mend(replace(graded(), tasks=(DONE,))) == ""


def test_a_brief_step_leaves_the_hint_where_it_stands() -> None:
    result = replace(graded(), tasks=(kl(failed("kl.total", 2.0)),))
    assert next_step(result, brief=True) == "Correct `kl_divergence` (cell 3, line 4)."


def test_a_task_without_a_known_method_goes_by_its_title() -> None:
    part = replace(kl(failed("kl.total", 2.0)), method="")
    assert next_step(replace(graded(), tasks=(part,))).startswith("Correct KL (cell 3, line 4).")


def test_begun_tasks_come_first_and_settled_ones_never() -> None:
    result = graded()
    part = kl(unwritten("kl.total", 2.0))
    both = replace(result, tasks=(part, result.tasks[1]))
    assert next_step(both).startswith("Correct `elbo`.")
    assert next_step(both, {"elbo"}).startswith("Write `kl_divergence`")
    assert next_step(both, {"elbo", "kl"}) == ""


def test_what_is_not_graded_has_a_next_step_too() -> None:
    assert next_step(ungradable()) == "Correct this first, save the notebook, and check again."
    open_ = replace(broken_grader(), tasks=broken_grader().tasks[:1])
    assert state(open_.tasks[0]) == "not decided"
    assert next_step(open_).startswith("Ask your instructor")
