"""`grade publish`: write out anew what holds now in a graded course."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import usage
from grader.course.options import publishing_options, require_company

if TYPE_CHECKING:
    from grader.course.options import CourseOptions


@click.command(cls=usage.Command, short_help="Write out what holds now in a graded course.")
@click.argument("results", metavar="RESULTS", type=usage.FILE)
@usage.rubric_option
@publishing_options
@click.pass_context
def publish(
    context: click.Context, results: Path, rubric: Path | None, course: CourseOptions
) -> None:
    """Write a graded course's pages and files anew.

    RESULTS is a folder that was given as --out. Nothing is graded: what people decided in its
    overrides.yaml since then is laid over the results, into pages, gradebook and platforms' files.
    """
    from grader.course.folder import graded_course, require_their_rubric, timed
    from grader.course.publish import require_sheets
    from grader.course.store import StoreError
    from grader.course.write_out import write_out

    require_company(usage.given_options(context))
    require_sheets(course)
    try:
        graded = graded_course(results, rubric)
        require_their_rubric(graded.entries, graded.rubric)
        with graded.store.locked():
            status = write_out(timed(graded, course), course)
    except StoreError as error:
        click.echo(f"Not finished: {error}", err=True)
        status = usage.NOT_DONE
    sys.exit(status)
