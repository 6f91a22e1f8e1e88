"""A result as plain text for a comment field: what was lost and why, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from grader.report.course import Override
from grader.report.result import CheckResult, Result, TaskResult
from grader.student.task_state import stops_at

MAX_TEXT = 20_000


def number(points: float) -> str:
    """Points as a person writes them: 7, 2.5, 0.33."""
    return f"{round(points, 2):g}"


def cut(text: str, limit: int) -> str:
    """The text, or its start and a sign that there was more."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def to_plain(result: Result, overrides: Sequence[Override] = (), limit: int = MAX_TEXT) -> str:
    """A result as lines of plain text, without markup of any kind, at most ``limit`` characters."""
    if result.status == "ungradable":
        lines = [f"Not graded: {result.reason}"]
    else:
        lines = [f"{number(result.points)} of {number(result.max_points)} points."]
    if result.status == "grader_error":
        lines.append(f"{result.reason}")
    stop = stops_at(result.run)
    if stop:
        lines.append(f"Cell {result.run.cell}: {stop} This costs no points by itself.")
    for task in result.tasks:
        lost = [check for check in task.checks if check.status != "passed"]
        if lost or task.points < task.max_points:
            lines += ["", f"{task.title}: {number(task.points)} of {number(task.max_points)}"]
            lines += _lost(task, lost)
    broken = [rule for rule in result.rules if rule.status == "broken"]
    if broken:
        lines += ["", *(f"Rule broken: {rule.message} {rule.consequence}" for rule in broken)]
    if overrides:
        lines += ["", *map(override_words, overrides)]
    return cut("\n".join(lines), limit)


def _lost(task: TaskResult, lost: Sequence[CheckResult]) -> list[str]:
    """A line for each thing that was lost; checks that say the very same say it once."""
    lines: dict[str, None] = {}
    for check in lost:
        lines[f"- {check.message or check.title}"] = None
        if check.hint:
            lines[f"  Hint: {check.hint}"] = None
    if not lost:
        lines.update({f"- {c.message}": None for c in task.checks if c.message})
    return list(lines)


def override_words(override: Override) -> str:
    """An override as a sentence."""
    return (
        f"Set by hand: {override.target} has {number(override.points)} points "
        f"instead of {number(override.before)}{f', by {override.by}' if override.by else ''}. "
        f"Reason: {override.reason}"
    )


def check_words(check: CheckResult) -> str:
    """What a check has to say, with its hint."""
    words = check.message or ("Passed." if check.status == "passed" else check.title)
    return f"{words}\nHint: {check.hint}" if check.hint and check.status != "passed" else words


def is_earned(check: CheckResult) -> bool:
    """Whether a check's points are given, be it by hand; for formats that know no more than that.

    A check that was passed but isn't counted, for a broken rule, is not earned.
    """
    if check.max_points > 0:
        return check.points >= check.max_points
    return check.status == "passed"
