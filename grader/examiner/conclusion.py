"""Draw the result from all that was found out about a submission: pure functions."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.assignment import Assignment
from grader.examiner.penalties import charged, penalty, rule_results
from grader.examiner.rubric import Rubric
from grader.examiner.training_verdict import contradiction, fall_words
from grader.examiner.widening import Checked
from grader.kit.misconception import Misconception
from grader.report.result import (
    NO_ERROR,
    RepeatedMisconception,
    Result,
    Run,
    Submission,
    TaskResult,
    Training,
)
from grader.submission.leftovers import find_leftovers
from grader.submission.rules import Finding, Seen, watch_rules
from grader.submission.rules.loss_falls import RULE as LOSS_FALLS
from grader.submission.slices import Slice
from grader.submission.syntax import parsed
from grader.untrusted_text import clean

_BROKEN = "The grader itself failed in some checks; their points are not decided."
_UNDECIDED = "The machine interrupted the training, on which points depend by this rubric."


@dataclass(frozen=True)
class Examined:
    """All that was found out about a submission, before points are added up.

    Attributes:
        findings: the rules that reading the notebook shows to be broken.
        run: of the whole notebook.
        training: of the class.
    """

    submission: Submission
    checked: Checked
    findings: Sequence[Finding] = ()
    run: Run = field(default_factory=Run)
    training: Training = field(default_factory=Training)


def conclude(examined: Examined, rubric: Rubric, assignment: Assignment) -> Result:
    """Add up the points, and say what the rules cost and what a person may look at."""
    findings = _all_findings(examined, assignment)
    tasks = charged(examined.checked.tasks, findings, rubric)
    reason = _undecided(tasks, examined.training, rubric)
    titles = {task.id: task.title for task in assignment.tasks}
    unknown = (LOSS_FALLS.id,) if examined.training.fell is None else ()
    return Result(
        examined.submission,
        "grader_error" if reason else "graded",
        max(0.0, sum(task.points for task in tasks) - penalty(findings, rubric)),
        rubric.max_points,
        tasks=tasks,
        rules=rule_results(findings, rubric, titles, unknown),
        run=examined.run,
        training=examined.training,
        advice=_advice(examined, tasks, assignment),
        repeated=repeated_in(tasks, assignment.misconceptions),
        reason=reason,
    )


def repeated_in(
    tasks: Iterable[TaskResult], known: Callable[[], Mapping[str, Misconception]]
) -> tuple[RepeatedMisconception, ...]:
    """Return the misconceptions that explain losses in more tasks than one: those of one name."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for task in tasks:
        for id in (id for check in task.checks for id in check.misconceptions):
            found[id.split(".")[1]].setdefault(task.title, id)
    return tuple(
        RepeatedMisconception((*by_task.values(),), _title(known(), by_task.values()), (*by_task,))
        for by_task in found.values()
        if len(by_task) > 1
    )


def _title(known: Mapping[str, Misconception], ids: Iterable[str]) -> str:
    return min((known[id].general_title for id in ids), key=len)


def _all_findings(examined: Examined, assignment: Assignment) -> list[Finding]:
    """Return the findings with what checks and training add to them."""
    checked, training = examined.checked, examined.training
    no_fall = fall_words(training, assignment.training()) if training.fell is False else None
    seen = Seen(checked.code, checked.touched, no_fall)
    return [*examined.findings, *watch_rules(seen, examined.findings)]


def _undecided(tasks: Iterable[TaskResult], training: Training, rubric: Rubric) -> str | None:
    """Say why the points are not decided; None if they are."""
    if any(check.status == "grader_error" for task in tasks for check in task.checks):
        return _BROKEN
    is_open = training.status == "interrupted" and needs_training(rubric)
    return _UNDECIDED if is_open else None


def needs_training(rubric: Rubric) -> bool:
    """Return whether points depend on what a training comes to."""
    cost = rubric.rules[LOSS_FALLS.id]
    return isinstance(cost, (int, float)) and cost > 0


def _advice(
    examined: Examined, tasks: tuple[TaskResult, ...], assignment: Assignment
) -> tuple[str, ...]:
    code, run = examined.checked.code, examined.run
    advice = [clean(note) for note in (*code.notes, *find_leftovers(code))]
    advice += [f"Cell {run.cell}: {note}" for note in run.notes if note.startswith(NO_ERROR)]
    if code.uses_notebook_names:
        names = ", ".join(sorted(code.uses_notebook_names))
        advice.append(
            f"The methods use names that the notebook binds outside the class ({names}); "
            "the class works elsewhere too if it takes sizes and devices from its arguments."
        )
    narrow = works_at_full_size_only(tasks, assignment)
    # Where no number stands that may be a size, something else fails in a small model.
    if narrow and _may_hold_sizes(code):
        names = ", ".join(f"`{name}`" for name in narrow)
        sizes = ", ".join(map(str, assignment.full_sizes))
        advice.append(
            f"{names}: right at the assignment's sizes ({sizes}) alone. With sizes taken from "
            "arguments and attributes, never as numbers, it works for every model."
        )
    unexpected = contradiction(examined.training, tasks, assignment)
    return (*advice, unexpected) if unexpected else tuple(advice)


def _may_hold_sizes(code: Slice) -> bool:
    """Return whether a number stands in the code that may be a size, beside the given default."""
    tree = parsed(code.text)
    if tree is None:
        return True
    given = {
        id(default)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
        for default in node.args.defaults
    }
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and node.value > 2
        and id(node) not in given
        for node in ast.walk(tree)
    )


def works_at_full_size_only(
    results: Sequence[TaskResult], assignment: Assignment
) -> tuple[str, ...]:
    """Return the methods that are right, and earned points at the assignment's own sizes alone.

    Of one that calls a broken helper that can't be said: it may be the helper's error that is small
    there.
    """
    broken = {result.id for result in results if result.points < result.max_points}
    tasks = assignment.task_by_id
    return tuple(
        tasks[result.id].method.name
        for result in results
        if any("sizes" in check.evidence for check in result.checks)
        and result.id not in broken
        and broken.isdisjoint(tasks[result.id].calls)
    )
