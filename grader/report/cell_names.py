"""Call cells in all texts of a result as a person sees them, and not by their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from grader.report.result import Result, TaskResult
from grader.report.words import capital
from grader.untrusted_text import unquoted

_CELLS = re.compile(r"\b(?P<initial>[Cc])ells? (?P<numbers>\d+(?:(?:, | and )\d+)*)")


def with_cell_names(result: Result, names: Mapping[int, str]) -> Result:
    """Return the result with ``names`` for "cell 3" in every sentence; places keep numbers.

    A cell that has no number in brackets keeps its place in the file beside its name, where there
    is room for it. What was `quoted` of a submission stays as it is.
    """

    def named(text: str) -> str:
        return unquoted(_CELLS.sub(lambda match: _named(match, names), text))

    def named_or_none(text: str | None) -> str | None:
        return None if text is None else named(text)

    def named_task(task: TaskResult) -> TaskResult:
        checks = (
            replace(check, message=named(check.message), hint=named(check.hint))
            for check in task.checks
        )
        return replace(task, checks=tuple(checks))

    run, training = result.run, result.training
    return replace(
        result,
        tasks=tuple(map(named_task, result.tasks)),
        rules=tuple(replace(rule, message=named(rule.message)) for rule in result.rules),
        run=replace(run, error=named_or_none(run.error), notes=tuple(map(named, run.notes))),
        training=replace(
            training,
            error=named_or_none(training.error),
            notes=tuple(map(named, training.notes)),
        ),
        advice=tuple(map(named, result.advice)),
        reason=named_or_none(result.reason),
        cells={str(number): name for number, name in names.items()},
    )


def _named(match: re.Match[str], names: Mapping[int, str]) -> str:
    """Return the names of one cell or several; as it was where one of them has none."""
    numbers = [int(number) for number in re.findall(r"\d+", match["numbers"])]
    if not names.keys() >= set(numbers):
        return match[0]
    is_in_brackets = match.string[: match.start()].endswith("(")
    called = [
        names[number] if is_in_brackets else _with_place(names[number], number)
        for number in numbers
    ]
    *most, last = called
    words = f"{', '.join(most)} and {last}" if most else last
    return capital(words) if match["initial"] == "C" else words


def _with_place(name: str, number: int) -> str:
    return name if name.endswith("]") else f"{name} (cell {number})"
