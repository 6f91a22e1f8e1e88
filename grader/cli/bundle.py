"""`grade bundle`: the autograder to upload to a platform."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.result_files import STDOUT, require_writable
from grader.cli.usage import FILE, Command, rubric_option
from grader.platforms import PLATFORMS
from grader.whole_file import write_whole_file

_NAMES = [platform.name for platform in PLATFORMS if platform.bundle]


@click.command(cls=Command, short_help="Write an autograder to upload to a platform.")
@click.argument("file", metavar="FILE", type=FILE)
@click.option(
    "--for",
    "platform",
    type=click.Choice(_NAMES),
    default="gradescope",
    show_default=True,
    help="Where it is to grade.",
)
@rubric_option
def bundle(file: Path, platform: str, rubric: Path | None) -> None:
    """Write the autograder that a platform takes."""
    from grader.course.bundle import make_bundle

    if file == STDOUT:
        raise click.UsageError("FILE -: name a file.")
    require_writable({"FILE": file}, (rubric,))
    content = make_bundle(platform, rubric)
    try:
        write_whole_file(file, content)
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}.") from error
    click.echo(file)
