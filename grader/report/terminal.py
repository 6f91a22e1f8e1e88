"""The result for a terminal: a table of tasks, then what was lost and why."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, Literal

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.report.result import Result, TaskResult, TryIt
from grader.report.task_state import line_to_mend, mend_first
from grader.report.telling import told_once
from grader.report.words import (
    cell_words,
    number,
    points_words,
    printed_words,
    repeated_words,
    rule_place,
    rule_words,
    short_place_words,
)

Part = Literal["whole", "checks", "rest"]
"""What is printed of a result: what the checks came to may be known long before the rest."""


def to_terminal(
    result: Result,
    width: int = 80,
    colour: bool = False,
    explain: bool = False,
    part: Part = "whole",
) -> str:
    """Return a result as text of ``width`` columns; words carry it, colours only help.

    ``explain`` adds the smallest cases that show what is lost. The text of the whole is that of
    both its parts.
    """
    out = io.StringIO()
    parts = [] if part == "rest" else [*_of_checks(result, explain)]
    parts += [] if part == "checks" else [*_of_the_rest(result)]
    if parts:
        _console(out, width, colour).print(*parts, sep="\n")
    return out.getvalue()


def to_svg(result: Result, width: int = 80) -> str:
    """Return the same as a picture of a terminal, for documents."""
    console = _console(io.StringIO(), width, colour=True, record=True)
    console.print(*_of_checks(result), *_of_the_rest(result), sep="\n")
    picture = console.export_svg(title=f"grade {result.submission.path}", unique_id="report")
    # Rich loads a font from the network; any monospaced one that is there does as well.
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def _console(file: IO[str], width: int, colour: bool, record: bool = False) -> Console:
    return Console(
        file=file,
        width=width,
        record=record,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )


def _of_checks(result: Result, explain: bool = False) -> Iterator[RenderableType]:
    """Yield what the checks came to, one below the other."""
    yield Text.assemble(("Notebook  ", "dim"), result.submission.path)
    if result.status == "ungradable":
        yield Text("")
        yield Text(f"Not graded: {result.reason}", style="bold red")
        return
    yield _table(result)
    if result.repeated:
        yield from (Text(repeated_words(repeated)) for repeated in result.repeated)
        yield Text("")
    yield from (_lost(task, result, explain) for task in result.tasks if task.lost)


def _of_the_rest(result: Result) -> Iterator[RenderableType]:
    """Yield what a run, a training and all together came to, one below the other."""
    if result.status == "ungradable":
        return
    yield from (_note(kind, text) for kind, text in run_words(result))
    for rule in result.broken_rules:
        yield _note(f"Rule{rule_place(rule, result.cells)}", rule_words(rule))
    yield from (_note("Advice", text) for text in result.advice)
    if step := mend_first(result) or line_to_mend(result):
        yield _note("Next", step)
    if result.status == "grader_error":
        yield Text(f"\n{result.reason}", style="bold red")


def run_words(result: Result) -> list[tuple[str, str]]:
    """Return what the run and the training came to, as pairs of a heading and a sentence."""
    words = []
    run, training = result.run, result.training
    if run.status == "completed":
        words.append(("Run", f"all cells executed in {run.seconds:.1f} s."))
    elif run.status not in ("interrupted", "not_run"):
        where = f" in {cell_words(run.cell, result.cells)}" if run.cell else ""
        status = run.status.replace("_", " ")
        why = f": {run.error.rstrip('.')}" if run.error else ""
        words.append(("Run", f"{status}{where}{why}. This costs no points by itself."))
    elif run.error:
        words.append(("Run", run.error))
    if training.status == "completed":
        device = "a GPU" if training.device == "cuda" else "the CPU"
        losses = f"loss {training.first_loss} to {training.last_loss}"
        words.append(("Training", f"{training.steps} steps on {device}, {losses}."))
    elif training.error:
        words.append(("Training", f"{training.error.rstrip('.')}."))
    return words


def _table(result: Result) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Task", footer=Text("Total", style="bold"))
    table.add_column("Points", justify="right", footer=Text(points_words(result), style="bold"))
    table.add_column("Checks")
    table.add_column("Where", style="dim")
    for task in result.tasks:
        passed = len(task.checks) - len(task.lost)
        words = f"{passed} of {len(task.checks)} passed" if task.lost else "all passed"
        full = not task.lost
        if full and task.points < task.max_points:
            words, full = "passed, not counted", False
        colour = "green" if full else "yellow" if task.points else "red"
        points = Text(points_words(task), style=colour)
        table.add_row(task.title, points, words, short_place_words(task.location, result.cells))
    return table


def _lost(task: TaskResult, result: Result, explain: bool) -> RenderableType:
    """Return what was lost in a task; checks that say the very same thing say it once."""
    where = f", {cell_words(task.location['cell'], result.cells)}" if task.location else ""
    lost = f"lost {number(task.max_points - task.points)} of {number(task.max_points)}"
    parts: list[RenderableType] = [Text.assemble((task.title, "bold"), f"  {lost}{where}")]
    for told in told_once(task.lost):
        points = number(sum(check.max_points for check in told.checks))
        is_all = len(told.checks) == len(task.checks)
        titles = "; ".join(check.title for check in told.checks)
        title = "all checks" if is_all and len(told.checks) > 1 else titles
        body: list[RenderableType] = [
            Text(f"-{points}  {title}", style="yellow"),
            Text(told.message),
        ]
        body += [Text(f"Hint: {hint}", style="cyan") for hint in told.hints]
        if explain and told.example:
            body.extend(_example(told.example))
        parts.append(Padding(Group(*body), (0, 0, 0, 2)))
    return Padding(Group(*parts), (0, 0, 1, 0))


def _example(example: TryIt) -> Iterator[RenderableType]:
    """Yield the lines of an example, which are not folded, and what they print."""
    yield Text("Try it below your class:", style="cyan")
    yield Padding(Text(example.code, no_wrap=True, overflow="ignore"), (0, 0, 0, 2))
    yield Text(printed_words(example))


def _note(kind: str, text: str) -> Text:
    return Text.assemble((f"{kind}: ", "bold"), text)
