"""`grade release`: what students receive."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.result_files import STDOUT
from grader.cli.usage import FILE, Command, rubric_option
from grader.composition import ASSIGNMENT


@click.command(cls=Command, short_help="Write what students receive to a folder.")
@click.argument("out", metavar="[OUT]", default="student_template", type=FILE)
@click.option("--solved", type=FILE, metavar="NOTEBOOK", help="Another solved notebook to empty.")
@rubric_option
def release(out: Path, solved: Path | None, rubric: Path | None) -> None:
    """Write what students receive to the folder OUT.

    It is made from the solved notebook. OUT is student_template where it isn't named. A rubric that
    is given comes along, and sets the points in the notebook.
    """
    from grader.student.release import write_release

    if out == STDOUT:
        raise click.UsageError("OUT -: name a folder.")
    for path in write_release(out, ASSIGNMENT, solved, rubric):
        click.echo(path)
