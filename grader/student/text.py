"""The self-check as plain text: words and no colours, for any terminal and for screen readers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain

from grader.report.result import Result, TaskResult, TryIt
from grader.report.task_state import NOT_DONE, next_step, state
from grader.report.telling import told_once
from grader.report.words import (
    number,
    place_words,
    points_words,
    printed_words,
    repeated_words,
    rule_place,
    rule_words,
    status_words,
)

WIDTH = 80


def to_text(
    result: Result, width: int = WIDTH, explain: bool = False, then: str | None = None
) -> str:
    """Write the whole answer: the table of tasks, what is to correct and why, the next step.

    Of each task the first lost check that has one is shown by an example; ``explain`` shows all.
    ``then`` is said to be next, in place of what the result says.
    """
    lines = [f"Self-check of {result.submission.path}", ""]
    if result.status == "ungradable":
        lines += [f"Not graded: {result.reason}", ""]
    else:
        lines += [*_table(result), ""]
        lines += [part for it in result.repeated for part in (repeated_words(it), "")]
        lines += _details(result.tasks, result, explain)
        lines += _rules(result)
        lines += [f"Advice: {text}" for text in result.advice]
        lines += [""] * bool(result.advice)
        lines += [NOT_DONE, ""] if result.run.status == "not_run" else []
    return wrapped([*lines, f"Next: {then or next_step(result)}"], width)


def to_change_text(before: Result, now: Result) -> str:
    """Write what changed: tasks up or down, what is to correct there, what is next.

    Both must have been graded.
    """
    old = {task.id: task for task in before.tasks}
    moved = [task for task in now.tasks if _outcome(old[task.id]) != _outcome(task)]
    difference = now.points - before.points
    lines = [
        f"{points_words(now)} points, {_direction(difference) if difference else 'as before'}."
    ]
    if not moved:
        lines.append("No task changed.")
    for task in moved:
        change = task.points - old[task.id].points
        lines.append(
            f"  {task.title}: {points_words(task)}, "
            f"{_direction(change) if change else 'the same points'}; {state(task)}."
        )
    lines.append("")
    lines += _details(moved, now)
    if before.rules != now.rules:
        lines += _rules(now)
    for text in now.advice:
        if text not in before.advice:
            lines += [f"Advice: {text}", ""]
    return wrapped([*lines, f"Next: {next_step(now)}"], WIDTH)


def to_refusal(event: str, reason: str, last: str) -> str:
    """Write after what event a notebook can't be checked, why, and what holds instead."""
    return wrapped([f"{event}can't be checked. {reason}", last], WIDTH)


def to_first_words(tasks: Iterable[TaskResult]) -> str:
    """Write a line for each task that was checked before the others, without points."""
    return "".join(
        f"  {task.title}: {len(task.checks) - len(task.lost)} of "
        f"{len(task.checks)} checks passed.\n"
        for task in tasks
    )


def _outcome(task: TaskResult) -> object:
    """Return what a student would call the same: lines that merely moved are no change."""
    return (task.points, [(check.id, check.status, check.hint) for check in task.checks])


def _direction(change: float) -> str:
    points = "point" if abs(change) == 1 else "points"
    return f"{number(abs(change))} {points} {'up' if change > 0 else 'down'}"


def _table(result: Result) -> Iterator[str]:
    rows = [(task.title, points_words(task), state(task)) for task in result.tasks]
    total = ("Total", points_words(result), "")
    titles = max(len(row[0]) for row in [*rows, total])
    points = max(len(row[1]) for row in [*rows, total])
    for title, earned, words in [("Task", "Points", "State"), *rows, total]:
        yield f"{title:<{titles}}  {earned:>{points}}  {words}".rstrip()


def _details(tasks: Iterable[TaskResult], result: Result, explain: bool = False) -> Iterator[str]:
    unwritten = []
    for task in tasks:
        if state(task) == "not yet":
            unwritten.append(task.title)
        elif state(task) != "done":
            yield from _task(task, result, explain)
            yield ""
    if unwritten:
        yield from (f"Not yet written: {', '.join(unwritten)}.", "")


def _task(task: TaskResult, result: Result, explain: bool) -> Iterator[str]:
    """Yield what is to correct in a task; checks that say the very same thing say it once."""
    where = place_words(task.location, result.cells, ", {}")
    lost = task.max_points - task.points
    gain = f"{number(lost)} of {number(task.max_points)} points to gain"
    yield f"{task.title}{where}: {gain}"
    is_shown = False
    for told in told_once(task.told):
        checks = told.checks
        points = number(sum(check.max_points - check.points for check in checks))
        is_all = 1 < len(checks) == len(task.checks)
        titles = "all checks" if is_all else "; ".join(check.title for check in checks)
        yield f"  {status_words(checks[0].status)} ({points}): {titles}"
        yield textwrap.indent(told.message, "    ")
        yield from (textwrap.indent(f"Hint: {hint}", "    ") for hint in told.hints)
        if told.example and (explain or not is_shown):
            is_shown = True
            yield from _example(told.example)


def _example(example: TryIt) -> Iterator[str]:
    yield "    Try it below your class:"
    yield textwrap.indent(example.code, "      ")
    yield textwrap.indent(printed_words(example), "    ")


def _rules(result: Result) -> Iterator[str]:
    for rule in result.broken_rules:
        where = rule_place(rule, result.cells)
        label = "Rule" if rule.is_free else "Rule broken"
        yield from (f"{label}{where}: {rule_words(rule)}", "")


def wrapped(lines: Iterable[str], width: int = WIDTH) -> str:
    """Wrap lines to ``width`` columns, each below its own start."""
    folded: list[str] = []
    for line in chain.from_iterable(text.splitlines() or [""] for text in lines):
        content = line.lstrip()
        indent = " " * (len(line) - len(content))
        fill = textwrap.TextWrapper(width, indent, indent, break_on_hyphens=False)
        folded += fill.wrap(content) or [""]
    return "\n".join(folded) + "\n"
