"""`grade explain`: why a check was lost, with a script that shows it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.cli import usage
from grader.cli.result_files import require_writable
from grader.report.folding import folded

_NO_SCRIPT = "There is no script, since the class isn't kept: grade the course again."


@click.command(cls=usage.Command)
@click.argument("results", metavar="RESULTS", type=usage.FILE)
@click.argument("student", metavar="STUDENT")
@click.argument("check", metavar="CHECK")
@click.option(
    "--script", type=usage.FILE, metavar="FILE", help="Write the script that shows it here."
)
@usage.rubric_option
def explain(
    results: Path, student: str, check: str, script: Path | None, rubric: Path | None
) -> None:
    """Explain one check of one student, for an appeal.

    RESULTS is a folder that was given as --out; STUDENT a name, id or e-mail address, as in
    overrides.yaml; CHECK an id such as kl.total. It says what was asked, what came, what is right
    and how exact that is, what was decided, and gives a script that shows it without the grader.
    The script holds the student's code: read it before you execute it.
    """
    from grader.course.explain import explanation_of
    from grader.course.folder import graded_course
    from grader.report.explanation import to_explanation
    from grader.whole_file import write_whole_file

    require_writable({"--script": script} if script else {})
    course = graded_course(results, rubric, most=0)  # only one is looked at
    explanation = explanation_of(course, student, check)
    click.echo(folded(to_explanation(explanation).rstrip("\n"), sys.stdout))
    if not explanation.script:
        click.echo(f"\n{_NO_SCRIPT}", err=True)
        sys.exit(usage.NOT_DONE if script else usage.DONE)
    if script is None:
        click.echo(
            f"\nA script that shows it without the grader\n\n{explanation.shown_script}", nl=False
        )
        return
    try:
        write_whole_file(script, explanation.script.encode())
    except OSError as error:
        raise usage.FoldedError(f"{script} can't be written: {error.strerror}.") from error
