"""`grade box`: what a platform's own machine runs for each submission, as bundles ask for it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import result_files, usage
from grader.composition import ASSIGNMENT, Options, make_grader
from grader.examiner import machine
from grader.platforms.names import listed, shown

if TYPE_CHECKING:
    from grader.examiner.grading import Graded, Grader

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_MOST_NAMED = 5


@click.command(cls=usage.Command, hidden=True)
@click.argument("folder", metavar="FOLDER", type=_FOLDER)
@result_files.result_file_options(result_files.OF_CHECKS)
@usage.debug_option
def box(folder: Path, **given: Any) -> None:
    """Grade what one student handed in, in a box that holds nothing else.

    The notebook is not executed. Exit status: 0 all files are written, whatever the points.
    """
    files = result_files.asked_files(given, ())
    machine.get_ready(run=False)
    # The box is a container that may not allow confinement, and holds one submission alone.
    with make_grader(Options(run=False, trust=True)) as grader:
        graded = _graded(folder, grader)
    written = result_files.deliver(graded, files, lambda stream: _print(graded, stream))
    sys.exit(usage.DONE if written else usage.NOT_DONE)


def _graded(folder: Path, grader: Grader) -> Graded:
    """Grade the notebook that counts, under the name that the student gave it."""
    from grader.course.find import best_notebook

    with tempfile.TemporaryDirectory() as unpacked:
        chosen = best_notebook(folder, Path(unpacked), ASSIGNMENT)
        if chosen is None or chosen.path is None:
            return _nothing(folder, grader)
        graded = grader.grade(chosen.path)
    named = replace(graded.result.submission, path=chosen.name)
    return replace(graded, result=replace(graded.result, submission=named))


def _nothing(folder: Path, grader: Grader) -> Graded:
    """Return the result of who handed in no notebook, with what there is instead."""
    from grader.examiner.grading import Graded
    from grader.report.result import Result, Submission

    inside = (path.relative_to(folder) for path in sorted(folder.rglob("*")))
    names = [shown(path.as_posix(), 100) for path in inside if path.parts[0][0] != "."]
    there = listed(names, _MOST_NAMED) or "no file"
    reason = f"No notebook was handed in ({there}). Hand in the notebook file itself."
    nothing = Submission("", "", "")
    most = grader.rubric.max_points
    result = grader.signed(Result(nothing, "ungradable", 0.0, most, reason=reason), 0.0)
    return Graded(result, rubric=grader.rubric)


def _print(graded: Graded, stream: Any) -> None:
    from grader.report.terminal import to_terminal

    click.echo(to_terminal(graded.result), stream, nl=False)
