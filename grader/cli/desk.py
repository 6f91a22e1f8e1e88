"""`grade desk`: look at a graded course in a browser, and decide."""

from __future__ import annotations

import getpass
import sys
from contextlib import suppress
from pathlib import Path

import click

from grader.cli import usage


@click.command(cls=usage.Command, short_help="Decide about a graded course in a browser.")
@click.argument("results", metavar="RESULTS", type=usage.FILE)
@usage.rubric_option
@click.option("--by", metavar="NAME", help="Who decides; by default your name on this machine.")
@click.option(
    "--boundaries",
    metavar="POINTS",
    help="Points at which the grade changes, such as 30,36,42: who is just below is shown.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; 0: any.")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
def desk(
    results: Path,
    rubric: Path | None,
    by: str | None,
    boundaries: str | None,
    port: int,
    no_browser: bool,
) -> None:
    """Look at a graded course in a browser, and decide.

    RESULTS is a folder that was given as --out. Every decision is written to its overrides.yaml at
    once; `grade publish RESULTS` writes pages, gradebook and platforms' files by it. Only this
    machine's browser can open the desk. Ctrl-C ends it.
    """
    at = _points(boundaries)
    try:
        from grader.desk import serve
    except ImportError as error:
        raise usage.FoldedError(
            f"The desk needs the package {error.name}: install it with "
            "pip install 'vae-grader[desk]'."
        ) from error
    from grader.desk.course_state import CourseState

    course = CourseState(results, rubric, at)
    try:
        listening = serve.listen(port)
    except OSError as error:
        raise usage.FoldedError(
            f"Port {port} can't be used: {error.strerror}. Leave --port out, or take another."
        ) from error
    # Ctrl-C is how the desk is closed: nothing has gone wrong then.
    with listening, suppress(KeyboardInterrupt):
        serve.serve(course, by or _me(), listening, _say, not no_browser)
    sys.exit(usage.DONE)


def _say(address: str) -> None:
    click.echo(f"The desk is open at\n  {address}\nCtrl-C closes it; all decisions are kept.")


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a name
        return ""


def _points(text: str | None) -> tuple[float, ...]:
    """Return the points in a list.

    Raises:
        click.UsageError: one is no number.
    """
    try:
        return tuple(float(part) for part in (text or "").split(",") if part.strip())
    except ValueError:
        raise click.UsageError("--boundaries: give points with commas, such as 30,36,42.") from None
