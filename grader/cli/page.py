"""`grade page`: one student's page out of a graded course."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from grader.cli import usage
from grader.cli.result_files import require_writable
from grader.report.feedback import ALL, LEVELS, Level


@click.command(cls=usage.Command, short_help="Write one student's page of a graded course.")
@click.argument("results", metavar="RESULTS", type=usage.FILE)
@click.argument("student", metavar="STUDENT")
@click.option(
    "--out", type=usage.FILE, metavar="FILE", help="Where; by default NAME.html in this folder."
)
@click.option(
    "--executed", type=usage.FILE, metavar="FILE", help="Write the notebook as it ran here, too."
)
@click.option(
    "--feedback",
    type=click.Choice(LEVELS),
    default=ALL,
    help="What the page holds, as in `grade publish`.",
)
@usage.rubric_option
def page(
    results: Path,
    student: str,
    out: Path | None,
    executed: Path | None,
    feedback: Level,
    rubric: Path | None,
) -> None:
    """Write one student's page, which says what holds now.

    RESULTS is a folder that was given as --out; STUDENT a name, id or e-mail address, as in
    overrides.yaml. In a large course, whose pages are no files, this is how to get one. There the
    executed notebook is kept of those alone who lost points or are open.
    """
    from grader.course.explain import place_of
    from grader.course.folder import graded_course
    from grader.course.pages import executed_text, page_of
    from grader.course.write_out import decided
    from grader.report.page import out_of_course

    course = graded_course(results, rubric, most=0)  # only one is looked at
    at = place_of(student, course)
    entry, contents = replace(decided(course).entries[at], feedback=feedback), course.store.contents
    path = out or Path(f"{entry.name}.html")
    if "-" in map(str, (path, executed)):
        raise usage.FoldedError("'-' is no file here: name one.")
    require_writable({"--out": path} | ({"--executed": executed} if executed else {}))
    _write(path, out_of_course(page_of(contents, entry)))
    if executed is None:
        return
    text = executed_text(contents, entry)
    if text is None:
        raise usage.FoldedError(f"The executed notebook of {entry.called} isn't kept.")
    _write(executed, text.encode())


def _write(path: Path, content: bytes) -> None:
    """Write a file, and say so.

    Raises:
        FoldedError: it can't be written.
    """
    from grader.whole_file import write_whole_file

    try:
        write_whole_file(path, content)
    except OSError as error:
        raise usage.FoldedError(f"{path} can't be written: {error.strerror}.") from error
    click.echo(f"Written: {path}")
