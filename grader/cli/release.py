"""`grade release`: what students receive."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.result_files import STDOUT
from grader.cli.usage import FILE, Command, UnusableError, rubric_option
from grader.composition import ASSIGNMENT


@click.command(cls=Command)
@click.argument("out", metavar="[OUT]", default="student_template", type=FILE)
@click.option(
    "--solved",
    type=FILE,
    metavar="NOTEBOOK",
    help="The solved notebook to empty, instead of the project's own.",
)
@rubric_option
def release(out: Path, solved: Path | None, rubric: Path | None) -> None:
    """Write what students receive to the folder OUT, made from a solved notebook.

    OUT is student_template where it isn't named. A rubric that is given comes along, and sets the
    points in the notebook.
    """
    from grader.student.release import ReleaseError, write_release

    if out == STDOUT:
        raise click.UsageError("OUT -: name a folder.")
    try:
        paths = write_release(out, ASSIGNMENT, solved, rubric)
    except ReleaseError as error:
        raise UnusableError(str(error)) from error
    for path in paths:
        click.echo(path)
