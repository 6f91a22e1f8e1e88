"""`grade check`: the instructor's checks for students, without confinement, in a few words.

Nobody needs protection from their own notebook, so nothing is confined; and the notebook is not
executed, for the answer to come at once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from grader.cli.paths import require_one_notebook
from grader.cli.result_files import (
    RESULT_FILES,
    STDOUT,
    asked_files,
    require_writable,
    result_file_options,
    write_files,
)
from grader.cli.usage import (
    DONE,
    FILE,
    NOT_DONE,
    Command,
    UnusableError,
    debug_option,
    get_ready,
    isolation_option,
    report_failure,
    rubric_option,
    template_option,
)
from grader.composition import Options, make_grader
from grader.examiner.errors import RubricError

if TYPE_CHECKING:
    from grader.examiner.grading import Grader


@click.command(cls=Command)
@click.argument("notebook", metavar="NOTEBOOK", type=FILE)
@click.option("--watch", is_flag=True, help="Stay, and check again at each save.")
@result_file_options(*RESULT_FILES)
@rubric_option
@template_option
@isolation_option
@debug_option
def check(
    notebook: Path,
    watch: bool,
    rubric: Path | None,
    template: Path | None,
    isolation: Literal["fork", "spawn"] | None,
    **given: Path | None,
) -> None:
    """Check your own notebook before you hand it in.

    These are the instructor's checks; the notebook itself is not run. Exit status: 0 all points are
    there, 1 not yet.
    """
    require_one_notebook(notebook, "grade check")
    files = asked_files(given)
    require_writable(files, (notebook, rubric, template))
    if watch and STDOUT in files.values():
        raise click.UsageError("'-' is a single result on the standard output: name a file here.")
    get_ready(run=False)
    from grader.examiner.client import GraderError

    options = Options(rubric, template, isolation, trust=True, run=False)
    try:
        with make_grader(options) as grader:
            complete = (_watch if watch else _check)(notebook, grader, files)
    except RubricError as error:
        raise UnusableError(str(error)) from error
    except GraderError as error:
        report_failure(error)
        complete = False
    sys.exit(DONE if complete else NOT_DONE)


def _check(notebook: Path, grader: Grader, files: Mapping[str, Path]) -> bool:
    """Check once; return whether all points are there and all files written."""
    from grader.student.task_state import has_all_points
    from grader.student.text import to_text

    graded = grader.grade(notebook)
    try:
        click.echo(to_text(graded.result), nl=False, err=STDOUT in files.values())
    finally:  # whatever becomes of the one, the other is there
        written = write_files(graded, files)
    return has_all_points(graded.result) and written


def _watch(notebook: Path, grader: Grader, files: Mapping[str, Path]) -> bool:
    """Check at each save until Ctrl-C; return whether all points were there at last."""
    from grader.student.memory import Memory
    from grader.student.task_state import has_all_points
    from grader.student.text import to_first_words
    from grader.student.watch import Watcher, saves

    def say(text: str) -> None:
        click.echo(text, nl=False)

    folder = notebook.absolute().parent
    if not folder.is_dir():
        raise click.UsageError(f"There is no folder {folder}.")
    memory = Memory(grader, lambda tasks: say("\n" + to_first_words(tasks)))
    patient = replace(grader, examiner=memory.examine)
    watcher = Watcher(notebook, patient.grade, say, lambda graded: write_files(graded, files))
    watcher.follow(saves(notebook))
    return watcher.last is not None and has_all_points(watcher.last)
