"""`grade compare`: whose points differ between two gradings of a course."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.usage import FILE, Command


@click.command(cls=Command)
@click.argument("old", metavar="OLD", type=FILE)
@click.argument("new", metavar="NEW", type=FILE)
def compare(old: Path, new: Path) -> None:
    """Show whose points differ between two folders of results.

    OLD and NEW are folders that were given as --out. Students whose points differ are listed,
    check by check.
    """
    from grader.course import compare as results

    before, after = results.read_results(old), results.read_results(new)
    differences = results.compare(before, after)
    click.echo(results.to_text(differences, len({*before, *after})), nl=False)
