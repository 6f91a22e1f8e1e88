"""`grade bundle`: the autograder to upload to Gradescope."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.cli.result_files import STDOUT, require_writable
from grader.cli.usage import FILE, NOT_DONE, Command, UnusableError, rubric_option
from grader.whole_file import write_whole_file


@click.command(cls=Command)
@click.argument("file", metavar="FILE", type=FILE)
@rubric_option
def bundle(file: Path, rubric: Path | None) -> None:
    """Write the autograder zip for Gradescope to FILE."""
    from grader.course.bundle import gradescope_bundle
    from grader.examiner.rubric import RubricError

    if file == STDOUT:
        raise click.UsageError("FILE -: name a file.")
    require_writable({"FILE": file}, (rubric,))
    try:
        content = gradescope_bundle(rubric)
    except RubricError as error:
        raise UnusableError(str(error)) from error
    try:
        write_whole_file(file, content)
    except OSError as error:
        click.echo(f"{file} can't be written: {error.strerror}.", err=True)
        sys.exit(NOT_DONE)
    click.echo(file)
