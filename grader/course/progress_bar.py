"""The progress of a grading: a bar on a terminal, a line for each submission elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.report.folding import folded
from grader.report.result import Result
from grader.report.words import number

ShowProgress = Callable[[str, Result], None]
"""Takes the name of what is done, and its result."""

_BAD = ("ungradable", "grader_error")


class Counted(Protocol):
    """Something of which there are so many at a time."""

    @property
    def count(self) -> int:
        """How many there are now."""


@contextmanager
def progress(total: int, stream: TextIO, nodes: Counted | None = None) -> Iterator[ShowProgress]:
    """Show how far it is on ``stream``; what couldn't be graded gets a line of its own.

    Args:
        total: how many submissions there are.
        stream: a terminal or a file.
        nodes: the machines that grade, where they are others than this one.
    """
    if not stream.isatty():
        done = count(1)
        yield lambda name, result: print(
            f"{next(done)}/{total} {line(name, result)}", file=stream, flush=True
        )
        return
    columns = (
        TextColumn("Grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        *([TextColumn("{task.fields[nodes]}")] if nodes else []),
        TimeRemainingColumn(),
        TextColumn("{task.fields[bad]}"),
    )
    with Progress(*columns, console=Console(file=stream, highlight=False)) as bar:
        task = bar.add_task("grading", total=total, rate="", nodes="", bad="")
        bad: Counter[str] = Counter()

        def show(name: str, result: Result) -> None:
            if result.status != "graded":
                bad[result.status] += 1
            if result.status != "graded" or result.is_open:
                bar.console.print(folded(line(name, result), stream), markup=False)
            words = [f"{bad[s]} {s.replace('_', ' ')}" for s in _BAD if bad[s]]
            bar.update(task, advance=1, bad=", ".join(words))
            shown = bar.tasks[0]
            if shown.elapsed:
                bar.update(task, rate=_rate(shown.completed / shown.elapsed, nodes is not None))
            if nodes:
                bar.update(task, nodes=f"on {nodes.count} node{'s' * (nodes.count != 1)}")

        yield show


def _rate(a_second: float, is_fast: bool) -> str:
    return f"{a_second:.1f} a second" if is_fast else f"{60 * a_second:.0f} a minute"


def line(name: str, result: Result) -> str:
    """Return a submission and what came of it."""
    if result.status == "graded":
        points = f"{name}: {number(result.points)} of {number(result.max_points)}"
        return f"{points}, but the machine interrupted its run" if result.is_open else points
    return f"{name}: {result.status.replace('_', ' ')}: {result.reason}"
