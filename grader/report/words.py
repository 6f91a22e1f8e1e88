"""Words that writers share: points, places, the state of a check, what was set by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from grader.report.course import TOTAL, Appeal, Arrival, Comment, Override
from grader.report.result import (
    CheckResult,
    RepeatedMisconception,
    Result,
    RuleResult,
    TaskResult,
    TryIt,
)

_CAUSE = "That is what comes out if "
"""What stands before a cause in messages."""
Part = TypeVar("Part", TaskResult, CheckResult)


def number(points: float) -> str:
    """Return points as a person writes them: 7, 2.5, 0.33."""
    return f"{round(points, 2):g}"


def thousands(count: int) -> str:
    """Return a count as a person reads it: 7, 1000, 30,000."""
    return f"{count:,}" if count >= 10_000 else str(count)


def waiting_words(count: int) -> str:
    """Return how many wait for a person: "1 waits for a task ...", "2 wait for a task ..."."""
    verb = "waits" if count == 1 else "wait"
    return f"{thousands(count)} {verb} for a task to be graded by hand"


def counted(points: float) -> str:
    """Return points with their unit: "1 point", "2.5 points"."""
    return f"{number(points)} {unit_of(points)}"


def points_words(part: Result | TaskResult | CheckResult) -> str:
    """Return the points of a result or a task and their maximum: "7 of 10"."""
    if isinstance(part, TaskResult) and part.undecided:
        return f"not decided yet, of {number(part.max_points)}"
    if isinstance(part, TaskResult) and part.in_total:
        return f"part of the total, of {number(part.max_points)}"
    return f"{number(part.points)} of {number(part.max_points)}"


def unit_of(most: float) -> str:
    """Return the unit behind "7 of 10": that of the most there is."""
    return "point" if number(most) == "1" else "points"


def total_words(result: Result) -> str:
    """Return the total and its maximum, and that more may come where some of it is open."""
    so_far = " so far" if result.has_open_points else ""
    return f"{points_words(result)} {unit_of(result.max_points)}{so_far}"


def cell_words(cell: int, cells: Mapping[str, str]) -> str:
    """Return what a cell is called; ``cells`` are those of the result."""
    return cells.get(str(cell), f"cell {cell}")


def capital(words: str) -> str:
    """Return words as they stand at the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def place_words(
    location: Mapping[str, int] | None, cells: Mapping[str, str], around: str = "{}"
) -> str:
    """Return a place within ``around``, as in " (cell [3], line 4)"; "" where there is none."""
    if not location:
        return ""
    return around.format(f"{cell_words(location['cell'], cells)}, line {location['line']}")


def short_place_words(location: Mapping[str, int] | None, cells: Mapping[str, str]) -> str:
    """Return a place for a column of a table, where little room is."""
    return place_words(location, cells).replace("the cell that starts with ", "", 1)


def status_words(status: str) -> str:
    """Return a status as words that begin a line: "Not reached"."""
    return status.replace("_", " ").capitalize()


def check_words(check: CheckResult) -> str:
    """Return what a check has to say, with its hint."""
    words = check.message or ("Passed." if check.status == "passed" else check.title)
    return f"{words}\nHint: {check.hint}" if check.hint and check.status != "passed" else words


def grouped(parts: Iterable[Part], key: str) -> list[list[Part]]:
    """Return tasks or checks that have the same value of an attribute together, in their order."""
    groups: dict[object, list[Part]] = {}
    for part in parts:
        groups.setdefault(getattr(part, key), []).append(part)
    return list(groups.values())


def repeated_words(repeated: RepeatedMisconception) -> str:
    """Return what explains losses in several tasks, as a sentence."""
    *most, last = repeated.tasks
    return f"The same in {', '.join(most)} and {last}: {repeated.title}."


def rule_words(rule: RuleResult) -> str:
    """Return how a rule was broken, and what that costs."""
    return f"{rule.message} {rule.consequence}"


def rule_place(rule: RuleResult, cells: Mapping[str, str]) -> str:
    """Return the first place where a rule was broken, in brackets behind a space; else ""."""
    return place_words(next(iter(rule.locations), None), cells, " ({})")


def override_words(override: Override, result: Result) -> str:
    """Return what was set by hand in a student's words, and why.

    Whom else it is for is told by what the grader found, which the student may not be told.
    """
    alike = "everyone" if override.whom == "everyone" else "everyone in the same case"
    told = replace(override, whom=alike if override.whom else "")
    about = title_of(override.target, result)
    return f"{about}: {counted(override.points)}{replaced_words(told)}"


def replaced_words(override: Override) -> str:
    """Return what an override replaced, if anything, who decided that, for whom, and why."""
    by = f", by {override.by}" if override.by else ""
    by += f", for {override.whom}" if override.whom else ""
    was = "" if override.before is None else f" instead of {number(override.before)}"
    return f"{was}{by}. Reason: {override.reason}"


def title_of(target: str, result: Result) -> str:
    """Return what a target of decisions is called, in a student's words."""
    titles = {TOTAL: "All tasks together"}
    for task in result.tasks:
        titles[task.id] = task.title
        titles |= {check.id: f"{task.title}, {check.title}" for check in task.checks}
    return titles.get(target, target)


def comment_words(comment: Comment, result: Result) -> str:
    """Return what an instructor says, what it is about, and who says it."""
    about = "" if comment.target == TOTAL else f"{title_of(comment.target, result)}: "
    return f"{about}{comment.text}{f' ({comment.by})' if comment.by else ''}"


def appeal_words(appeal: Appeal, result: Result) -> str:
    """Return what became of an appeal."""
    by = f" by {appeal.by}" if appeal.by and appeal.status != "open" else ""
    words = f"{title_of(appeal.target, result)}: your appeal is {appeal.status}{by}."
    return f"{words} {appeal.reason}".rstrip()


def arrival_words(arrival: Arrival) -> str:
    """Return when something was handed in as an instructor says, and why, as a sentence or two."""
    by = f" by {arrival.by}" if arrival.by else ""
    told = f", in place of the platform's {moment_words(arrival.told)}" if arrival.told else ""
    reason = f" Reason: {arrival.reason}" if arrival.reason else ""
    return f"Handed in {moment_words(arrival.moment)}, as set by hand{by}{told}.{reason}"


def moment_words(moment: datetime) -> str:
    """Return a moment to the minute, with its zone."""
    return moment.strftime("%Y-%m-%d %H:%M %Z").rstrip()


def other_grading_words(result: Result) -> str:
    """Return what another grading gave, and which counts; "" where there is no such."""
    other = result.other_grading
    if other is None:
        return ""
    points = f"{number(other.points)} of {number(other.max_points)} points"
    if other.counts:
        return f"This grading doesn't count: an earlier one gave {points}, which is more."
    return f"The last grading gave {points}: an earlier one gave more, which counts."


def cause_of(check: CheckResult) -> str:
    """Return the cause that a message names, as a clause; "" where it names none."""
    return check.message.rpartition(_CAUSE)[2].rstrip(".") if _CAUSE in check.message else ""


def example_of(checks: Iterable[CheckResult]) -> TryIt | None:
    """Return the first example of checks that are told together; None if they have none."""
    return next((check.try_it for check in checks if check.try_it), None)


def printed_words(example: TryIt) -> str:
    """Return what an example prints, and what is right."""
    return f"It prints {example.got}; right is {example.right}."
