"""The result for a terminal: a table of tasks, then what was lost and why."""

from __future__ import annotations

import os
import re

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.report.result import CheckResult, Result, TaskResult
from grader.student.task_state import mend_first


def to_terminal(result: Result, width: int = 80, colour: bool = False) -> str:
    """A result as text for a terminal of ``width`` columns; words carry it, colours only help."""
    console = Console(
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        for part in _parts(result):
            console.print(part)
    return capture.get()


def to_svg(result: Result, width: int = 80) -> str:
    """The same as a picture of a terminal, for documents."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(
            width=width, record=True, file=nowhere, force_terminal=True, color_system="standard"
        )
        for part in _parts(result):
            console.print(part, highlight=False)
        picture = console.export_svg(title=f"grade {result.submission.path}", unique_id="report")
    # Rich loads a font from the network; any monospaced one that is there does as well.
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def number(points: float) -> str:
    """Points as a person writes them: 7, 2.5, 0.33."""
    return f"{round(points, 2):g}"


def _parts(result: Result) -> list[RenderableType]:
    head = Text.assemble(("Notebook  ", "dim"), result.submission.path)
    if result.status == "ungradable":
        return [head, Text(""), Text(f"Not graded: {result.reason}", style="bold red")]
    parts: list[RenderableType] = [head, _table(result)]
    parts += [_note(kind, text) for kind, text in run_words(result)]
    if len(parts) > 2:
        parts.append(Text(""))
    for task in result.tasks:
        lost = [check for check in task.checks if check.status != "passed"]
        if lost:
            parts.append(_task(task, lost))
    for rule in result.rules:
        if rule.status == "broken":
            place = rule.locations[0] if rule.locations else {}
            where = f" (cell {place['cell']}, line {place['line']})" if place else ""
            parts.append(_note(f"Rule{where}", f"{rule.message} {rule.consequence}"))
    parts += [_note("Advice", text) for text in result.advice]
    if step := mend_first(result):
        parts.append(_note("Next", step))
    if result.status == "grader_error":
        parts.append(Text(f"\n{result.reason}", style="bold red"))
    return parts


def run_words(result: Result) -> list[tuple[str, str]]:
    """What the run and the training came to, as pairs of a heading and a sentence."""
    found = []
    run, training = result.run, result.training
    if run.status == "completed":
        found.append(("Run", f"all cells executed in {run.seconds:.1f} s."))
    elif run.status not in ("interrupted", "not_run"):
        where = f" in cell {run.cell}" if run.cell else ""
        status = run.status.replace("_", " ")
        why = f": {run.error.rstrip('.')}" if run.error else ""
        found.append(("Run", f"{status}{where}{why}. This costs no points by itself."))
    elif run.error:
        found.append(("Run", run.error))
    if training.status == "completed":
        device = "a GPU" if training.device == "cuda" else "the CPU"
        words = f"{training.steps} steps on {device}, loss {training.first_loss} to "
        found.append(("Training", f"{words}{training.last_loss}."))
    elif training.error:
        found.append(("Training", f"{training.error}"))
    return found


def _table(result: Result) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 2, 0, 0))
    total = Text(f"{number(result.points)} of {number(result.max_points)}", style="bold")
    table.add_column("Task", footer=Text("Total", style="bold"))
    table.add_column("Points", justify="right", footer=total)
    table.add_column("Checks", footer="")
    table.add_column("Where", style="dim", footer="")
    for task in result.tasks:
        passed = sum(check.status == "passed" for check in task.checks)
        full = passed == len(task.checks)
        words = "all passed" if full else f"{passed} of {len(task.checks)} passed"
        if full and task.points < task.max_points:
            words, full = "passed, not counted", False
        place = (
            f"cell {task.location['cell']}, line {task.location['line']}" if task.location else ""
        )
        table.add_row(
            task.title,
            Text(
                f"{number(task.points)} of {number(task.max_points)}",
                style="green" if full else "yellow" if task.points else "red",
            ),
            words,
            place,
        )
    return table


def _task(task: TaskResult, lost: list[CheckResult]) -> RenderableType:
    """What was lost in a task; checks that say the very same thing say it once."""
    missing = task.max_points - task.points
    where = f", cell {task.location['cell']}" if task.location else ""
    parts: list[RenderableType] = [
        Text.assemble(
            (task.title, "bold"), f"  lost {number(missing)} of {number(task.max_points)}{where}"
        )
    ]
    by_message: dict[str, list[CheckResult]] = {}
    for check in lost:
        by_message.setdefault(check.message, []).append(check)
    for message, checks in by_message.items():
        points = number(sum(check.max_points for check in checks))
        unimplemented = len(checks) == len(task.checks)
        title = (
            "all checks"
            if unimplemented and len(checks) > 1
            else "; ".join(check.title for check in checks)
        )
        body: list[RenderableType] = [Text(f"-{points}  {title}", style="yellow"), Text(message)]
        hints = dict.fromkeys(check.hint for check in checks if check.hint)
        if not unimplemented or len(hints) == 1:
            body += [Text(f"Hint: {hint}", style="cyan") for hint in hints]
        parts.append(Padding(Group(*body), (0, 0, 0, 2)))
    return Padding(Group(*parts), (0, 0, 1, 0))


def _note(kind: str, text: str) -> Text:
    return Text.assemble((f"{kind}: ", "bold"), text)
