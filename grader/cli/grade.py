"""`grade PATH`: the points of one notebook, or of a course."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from grader.cli import paths, result_files, usage
from grader.cli.paths import COURSE, NOTEBOOK
from grader.cli.waiting import Waiting
from grader.composition import ASSIGNMENT, Options, is_shipped, make_grader
from grader.course.options import CourseOptions, course_options, require_company
from grader.examiner import machine

if TYPE_CHECKING:
    from grader.report.result import Result
    from grader.report.terminal import Part

SHOW_CLASS, DEBUG, EXPLAIN = "--show-class", "--debug", "--explain"
MODES = (NOTEBOOK, COURSE, SHOW_CLASS)

_COURSE_FLAGS = usage.options_of(click.command()(course_options(lambda **_: None)))
_ABOUT_THE_RUN, _NO_RUN = ("--executed", "--data"), ("--no-run", "--isolation spawn")


@click.command(
    cls=usage.Command,
    help=f"""Grade the {ASSIGNMENT.title} in PATH, and say why each point was lost.

    PATH is an .ipynb file, or a .py export of one; or a folder or a zip of submissions, as
    platforms give them, which needs --out. A result that is written to '-' goes to the standard
    output, and the report to the error output. Exit status: 0 graded, whatever the points; 1
    something could not be graded, or not be written; 2 wrong usage.
    """,
)
@click.argument("path", metavar="PATH", type=usage.FILE)
@result_files.result_file_options([*result_files.RESULT_FILES.values()])
@click.option(SHOW_CLASS, is_flag=True, help="Print the code that is graded, and stop.")
@usage.rubric_option
@usage.template_option
@usage.isolation_option
@click.option(
    "--trust", is_flag=True, help="Grade even where this machine can't confine student code."
)
@click.option(
    "--data",
    type=usage.FILE,
    metavar="FOLDER",
    help=f"{ASSIGNMENT.data_name} to execute the notebook with, instead of a small part of it.",
)
@click.option("--no-run", is_flag=True, help="Check the class only; don't execute the notebook.")
@usage.explain_option
@usage.debug_option
@course_options
@click.pass_context
def grade(context: click.Context, path: Path, course: CourseOptions, **given: Any) -> None:
    mode = _mode(path, usage.given_options(context), given)
    rubric, template = given["rubric"], given["template"]
    files = result_files.asked_files(given, (path, rubric, template))
    options = Options(
        rubric,
        template,
        given["isolation"],
        given["trust"],
        run=not given["no_run"],
        data=given["data"],
    )
    if mode == SHOW_CLASS:
        status = _show_class(path)
    elif mode == COURSE:
        status = _grade_course(path, course, options)
    else:
        status = _grade_notebook(path, options, files, given["explain"])
    sys.exit(status)


def _mode(path: Path, asked: list[str], given: Mapping[str, Any]) -> str:
    """Return what is asked for: one of `MODES`.

    Args:
        path: what to grade.
        asked: the options on the command line.
        given: their values.

    Raises:
        click.UsageError: there are options that mean nothing in it, or nothing beside others.
    """
    mode = COURSE if paths.is_course(path, "--out" in asked) else NOTEBOOK
    if SHOW_CLASS in asked:
        mode = SHOW_CLASS
        paths.require_one_notebook(path, mode)
    for option in asked:
        if mode not in (places := modes_of(option)):
            raise click.UsageError(f"{option} goes with {' or '.join(places)}, not with {mode}.")
    require_company(asked)
    spawns = ["--isolation spawn"] if given["isolation"] == "spawn" else []
    for option in _ABOUT_THE_RUN:
        for other in _NO_RUN:
            if option in asked and other in (*asked, *spawns):
                raise click.UsageError(
                    f"{option} means nothing with {other}: the notebook is not executed then."
                )
    return mode


def modes_of(option: str) -> tuple[str, ...]:
    """Return the modes that an option means something in."""
    if option == DEBUG:
        return MODES
    if option == SHOW_CLASS:
        return (SHOW_CLASS,)
    if option == EXPLAIN or option in result_files.RESULT_FILES:
        return (NOTEBOOK,)
    return (COURSE,) if option in _COURSE_FLAGS else (NOTEBOOK, COURSE)


def _show_class(path: Path) -> int:
    """Print the slice; return the exit status."""
    from grader.submission import Ungradable, extract, load

    try:
        click.echo(extract(load(path), ASSIGNMENT).text, nl=False)
    except Ungradable as error:
        click.echo(f"Not graded: {error.reason}", err=True)
        return usage.NOT_DONE
    return usage.DONE


def _grade_course(path: Path, course: CourseOptions, options: Options) -> int:
    """Grade a folder or an archive; return the exit status."""
    if course.out == result_files.STDOUT:
        raise click.UsageError("--out -: name a folder.")
    paths.require_submissions(path)
    machine.get_ready(options.run)
    from grader.course import command
    from grader.course.publish import require_sheets

    require_sheets(course)
    return command.run(command.Course(path, course, options))


def _grade_notebook(path: Path, options: Options, files: Mapping[str, Path], explain: bool) -> int:
    """Grade one notebook, print the report, and write the files; return the exit status."""
    machine.get_ready(options.run)
    waiting = Waiting(sys.stderr)
    report = _Report(result_files.report_stream(files), explain, waiting)
    with make_grader(replace(options, trust=options.trust or is_shipped(path))) as grader:
        import_module("grader.report.terminal")  # while nothing else can be done

        graded = replace(grader, doing=waiting.doing, told=report.tell_early).grade(path)
    written = result_files.deliver(graded, files, lambda _: report.tell(graded.result))
    done = graded.result.status == "graded" and not graded.result.is_open
    return usage.DONE if done and written else usage.NOT_DONE


class _Report:
    """The report, which whoever sits at a terminal sees in two parts, each as soon as it is known.

    Attributes:
        stream: where it is printed.
        explain: whether the smallest cases that show what is lost are added.
        waiting: a line that is taken away before anything is printed.
    """

    def __init__(self, stream: TextIO, explain: bool, waiting: Waiting) -> None:
        self.stream, self.explain, self.waiting = stream, explain, waiting
        self._rest: Part = "whole"

    def tell_early(self, result: Result) -> None:
        """Print what the checks came to, if somebody is there to read it now."""
        if self.stream.isatty():
            self._print(result, "checks")
            self._rest = "rest"

    def tell(self, result: Result) -> None:
        """Print what isn't printed yet."""
        self._print(result, self._rest)

    def _print(self, result: Result, part: Part) -> None:
        from grader.report.terminal import to_terminal

        self.waiting.clear()
        width = min(max(shutil.get_terminal_size((80, 24)).columns, 40), 100)
        text = to_terminal(result, width, self.stream.isatty(), self.explain, part)
        click.echo(text, self.stream, nl=False)
