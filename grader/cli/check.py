"""`grade check`: the instructor's checks for students, without confinement, in a few words.

Nobody needs protection from their own notebook, so nothing is confined; and the notebook is not
executed, for the answer to come at once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import paths, result_files, usage
from grader.cli.waiting import Waiting
from grader.composition import Options, make_grader
from grader.examiner import machine
from grader.report.folding import folded

if TYPE_CHECKING:
    from grader.examiner.grading import Grader


@click.command(cls=usage.Command)
@click.argument("notebook", metavar="NOTEBOOK", type=usage.FILE)
@click.option("--watch", is_flag=True, help="Stay, and check again at each save.")
@result_files.result_file_options(result_files.OF_CHECKS)
@usage.rubric_option
@usage.template_option
@usage.isolation_option
@usage.explain_option
@usage.debug_option
def check(notebook: Path, watch: bool, explain: bool, **given: Any) -> None:
    """Check your own notebook before you hand it in.

    These are the instructor's checks; the notebook itself is not run. Exit status: 0 all points are
    there, 1 not yet.
    """
    paths.require_one_notebook(notebook, "grade check")
    rubric, template = given["rubric"], given["template"]
    files = result_files.asked_files(given, (notebook, rubric, template))
    if watch and result_files.STDOUT in files.values():
        raise click.UsageError("'-' is a single result on the standard output: name a file here.")
    machine.get_ready(run=False)
    options = Options(rubric, template, given["isolation"], trust=True, run=False)
    waiting = Waiting(sys.stderr)
    with make_grader(options) as grader:
        patient = replace(grader, doing=waiting.doing)
        if watch:
            complete = _watch(notebook, patient, files, waiting)
        else:
            complete = _check(notebook, patient, files, explain)
    sys.exit(usage.DONE if complete else usage.NOT_DONE)


def _check(notebook: Path, grader: Grader, files: Mapping[str, Path], explain: bool) -> bool:
    """Check once; return whether all points are there and all files written."""
    from grader.report.task_state import has_all_points
    from grader.student.text import to_text

    graded = grader.grade(notebook)
    written = result_files.deliver(
        graded, files, partial(click.echo, to_text(graded.result, explain=explain), nl=False)
    )
    return has_all_points(graded.result) and written


def _watch(notebook: Path, grader: Grader, files: Mapping[str, Path], waiting: Waiting) -> bool:
    """Check at each save until Ctrl-C; return whether all points were there at last."""
    from grader.report.task_state import has_all_points
    from grader.student.memory import Memory
    from grader.student.text import to_first_words
    from grader.student.watch import Watcher, saves

    def say(text: str) -> None:
        waiting.clear()
        click.echo(folded(text.removesuffix("\n"), sys.stdout))

    folder = notebook.absolute().parent
    if not folder.is_dir():
        raise click.UsageError(f"There is no folder {folder}.")
    memory = Memory(grader, lambda tasks: say("\n" + to_first_words(tasks)))
    patient = replace(grader, examiner=memory.examine)
    publish = partial(result_files.write_files, files=files)
    watcher = Watcher(notebook, patient.grade, say, publish)
    watcher.follow(saves(notebook))
    return watcher.last is not None and has_all_points(watcher.last)
