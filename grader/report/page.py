"""The result as one page for a student: HTML that holds all it shows and executes nothing.

Whatever comes from a submission is escaped, and the page's own policy lets a browser load nothing
and run no script even if something should slip through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from markupsafe import Markup

from grader.report.course import TOTAL, Override
from grader.report.curve import loss_curve
from grader.report.pictures import pictures_of
from grader.report.plain import number
from grader.report.rendering import environment, policy_hash, template_text
from grader.report.result import Result, TaskResult
from grader.student.task_state import NOT_DONE, next_step, state
from grader.submission.slices import Slice
from grader.untrusted_text import clean
from grader.vae import spec

MAX_CODE = 20_000

BY_HAND = '<meta name="points" content="set by hand">'
"""What is in the head of a page that shows points set by hand."""

_CHECK_WORDS = {
    "passed": "Passed",
    "failed": "Failed",
    "not_reached": "Not reached",
    "grader_error": "Grader error",
}
_TASK_WORDS = {
    "done": "Done",
    "to correct": "To correct",
    "not yet": "Not yet written",
    "not decided": "Not decided",
}
_RUN_WORDS = {
    "completed": "The whole notebook ran from top to bottom without an error.",
    "failed": "Running the whole notebook from top to bottom failed.",
    "timed_out": "Running the whole notebook took too long.",
    "killed": "The kernel was ended while the notebook ran.",
    "interrupted": "The whole notebook did not run to its end.",
    "not_run": "The notebook was not executed; its class was checked alone.",
}


@dataclass(frozen=True)
class _Line:
    """A line of code, by its number in the cell."""

    number: int
    text: str


def to_page(
    result: Result,
    code: Slice | None = None,
    executed: str | None = None,
    overrides: Sequence[Override] = (),
    student: str = "",
) -> str:
    """A result as a self-contained page.

    Args:
        result: what to show.
        code: the slice that was graded, to show the student's methods.
        executed: the executed notebook's text, to show its plots.
        overrides: what of the result was set by hand, to say so at the top.
        student: the names of whoever handed it in, if more is known than the file's name.
    """
    css = template_text("page.css")
    settled = {override.target for override in overrides}
    words = {task.id: _TASK_WORDS[state(task)] for task in result.tasks}
    words |= {id: "Set by hand" for id in words if id in settled}
    # Its reason says already what to hand in.
    is_nothing = result.status == "ungradable" and not result.submission.sha256
    file = "" if student and is_nothing else PurePath(result.submission.path).name
    return (
        environment()
        .get_template("page.html")
        .render(
            result=result,
            whose=", ".join(clean(part, 200) for part in (student, file) if part),
            css=Markup(css),
            css_hash=policy_hash(css),
            words=_CHECK_WORDS,
            task_words=words,
            task_states={task.id: state(task).replace(" ", "-") for task in result.tasks},
            by_hand=[_by_hand_words(override, result) for override in overrides],
            by_hand_mark=Markup(BY_HAND),
            next_step="" if is_nothing or TOTAL in settled else next_step(result, settled),
            code={task.id: _code(task, code) for task in result.tasks},
            run_words=_RUN_WORDS[result.run.status],
            curve=loss_curve(result.training.losses),
            pictures=pictures_of(executed) if executed else (),
        )
    )


def _by_hand_words(override: Override, result: Result) -> str:
    """What was set by hand, in a student's words, and why."""
    titles = {TOTAL: "All tasks together"}
    for task in result.tasks:
        titles[task.id] = task.title
        titles |= {check.id: f"{task.title}, {check.title}" for check in task.checks}
    points = number(override.points)
    return (
        f"{titles.get(override.target, override.target)}: {points} "
        f"{'point' if points == '1' else 'points'} instead of {number(override.before)}"
        f"{f', by {override.by}' if override.by else ''}. "
        f"Reason: {override.reason}"
    )


def to_table(result: Result) -> str:
    """A result as a fragment of HTML for the output of a notebook cell."""
    return (
        environment()
        .get_template("table.html")
        .render(
            result=result,
            words=_CHECK_WORDS,
            task_words={task.id: _TASK_WORDS[state(task)] for task in result.tasks},
            next_step=next_step(result),
            not_done=NOT_DONE if _is_only_checked(result) else "",
        )
    )


def _is_only_checked(result: Result) -> bool:
    return result.status != "ungradable" and result.run.status == "not_run"


def _code(task: TaskResult, code: Slice | None) -> tuple[_Line, ...]:
    """The lines of the task's method as written; none if there is no such method."""
    method = next(t.method.name for t in spec.TASKS if t.id == task.id)
    place = code.methods.get(method) if code else None
    source = code.method_source(method) if code else None
    if place is None or source is None:
        return ()
    lines = clean(source, MAX_CODE).split("\n")
    return tuple(_Line(line, text) for line, text in enumerate(lines, place.line))
