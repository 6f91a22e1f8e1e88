"""`grade bundle`: the autograder to upload to Gradescope."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.result_files import STDOUT, require_writable
from grader.cli.usage import FILE, Command, rubric_option
from grader.whole_file import write_whole_file


@click.command(cls=Command)
@click.argument("file", metavar="FILE", type=FILE)
@rubric_option
def bundle(file: Path, rubric: Path | None) -> None:
    """Write the autograder zip for Gradescope to FILE."""
    from grader.course.bundle import gradescope_bundle

    if file == STDOUT:
        raise click.UsageError("FILE -: name a file.")
    require_writable({"FILE": file}, (rubric,))
    content = gradescope_bundle(rubric)
    try:
        write_whole_file(file, content)
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}.") from error
    click.echo(file)
