"""`grade compare`: whose points differ between two gradings of a course."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.result_files import STDOUT, require_writable
from grader.cli.usage import FILE, Command
from grader.whole_file import write_whole_file


@click.command(cls=Command)
@click.argument("old", metavar="RESULTS", type=FILE)
@click.argument("new", metavar="[NEWER]", type=FILE, required=False)
@click.option(
    "--csv", "table", type=FILE, metavar="FILE", help="Write who changed as a table here, too."
)
def compare(old: Path, new: Path | None, table: Path | None) -> None:
    """Show whose points a grading changed.

    RESULTS is a folder that was given as --out. Students whose points differ from those before its
    last grading are listed, check by check. With NEWER, another such folder, the two are compared.
    Points are the grader's own: what people decided is not among them.
    """
    from grader.course import compare as results
    from grader.course.last_grading import last_to_text, read_last_grading
    from grader.course.store_kind import contents_of

    if table is not None:
        require_writable({"--csv": table})
    if new is not None:
        before, after = results.read_results(old), results.read_results(new)
        changes = results.compare(before, after)
        text = results.to_text(changes, len({*before, *after}))
    else:
        if not old.is_dir():
            raise results.CompareError(f"There is no folder {old}: give one of a grading.")
        last = read_last_grading(contents_of(old))
        if last is None:
            raise results.CompareError(
                f"{old} has no history of gradings: it begins with the next one. To compare two "
                "folders of results, name both."
            )
        changes, text = last.changes, last_to_text(last)
    click.echo(text, nl=False, err=table == STDOUT)
    if table is not None:
        _write(table, results.changes_to_csv(changes))


def _write(path: Path, content: bytes) -> None:
    """Write a file, or to the standard output.

    Raises:
        UsageError: it can't be written.
    """
    if path == STDOUT:
        click.echo(content, nl=False)
        return
    try:
        write_whole_file(path, content)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error
