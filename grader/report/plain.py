"""A result as plain text for a comment field: what was lost and why, in a few lines."""

from __future__ import annotations

from grader.report.course import Entry, is_total_set
from grader.report.feedback import POINTS, told_result
from grader.report.result import Result, TaskResult
from grader.report.task_state import stops_at
from grader.report.telling import told_once
from grader.report.words import (
    appeal_words,
    arrival_words,
    capital,
    cell_words,
    comment_words,
    number,
    other_grading_words,
    override_words,
    points_words,
    repeated_words,
    rule_words,
    total_words,
)
from grader.untrusted_text import cut

MAX_TEXT = 20_000


def to_plain(result: Result, entry: Entry | None = None, limit: int = MAX_TEXT) -> str:
    """Return a result as lines without markup of any kind, at most ``limit`` characters.

    With an entry of a course, what people decided is said, too, and of the result what its
    students are told.
    """
    if entry:
        result = told_result(result, entry.feedback)
    if result.status == "ungradable":
        lines = [f"Not graded: {result.reason}"]
        lines += [f"{total_words(result)}, for what is graded by hand."] if result.tasks else []
    else:
        lines = [f"{total_words(result)}."]
    if (other := other_grading_words(result)) and not is_total_set(entry):
        lines.append(other)
    if entry and entry.arrival:
        lines.append(arrival_words(entry.arrival))
    if entry and entry.lateness:
        lines.append(f"{number(entry.final_points)} of them count. {entry.lateness.words}")
    if result.status == "grader_error":
        lines.append(f"{result.reason}")
    if stop := stops_at(result.run):
        cell = capital(cell_words(result.run.cell or 0, result.cells))
        lines.append(f"{cell}: {stop} This costs no points by itself.")
    lines += map(repeated_words, result.repeated)
    for task in result.tasks:
        if task.lost or (task.points < task.max_points and not task.in_total):
            lost = _points(task) if entry and entry.feedback == POINTS else _lost(task)
            lines += ["", f"{task.title}: {points_words(task)}", *lost]
    if result.broken_rules:
        lines += ["", *(f"Rule broken: {rule_words(rule)}" for rule in result.broken_rules)]
    if entry:
        decided = [
            *(f"Set by hand: {override_words(it, result)}" for it in entry.overrides),
            *(comment_words(comment, result) for comment in entry.comments),
            *(appeal_words(appeal, result) for appeal in entry.appeals),
        ]
        lines += ["", *decided] if decided else []
    return cut("\n".join(lines), limit)


def _points(task: TaskResult) -> list[str]:
    """Return a line for each check that has not all its points."""
    lost = (check for check in task.checks if check.points < check.max_points)
    return [f"- {check.title}: {points_words(check)}" for check in lost]


def _lost(task: TaskResult) -> list[str]:
    """Return a line for each thing that was lost; checks that say the very same say it once."""
    if not task.lost:
        return list(dict.fromkeys(f"- {c.message}" for c in task.checks if c.message))
    lines = []
    for told in told_once(task.lost):
        titles = [told.message] if told.message else [check.title for check in told.checks]
        lines += [f"- {words}" for words in titles]
        lines += [f"  Hint: {hint}" for hint in told.hints]
    return lines
