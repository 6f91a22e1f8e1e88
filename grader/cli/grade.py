"""`grade PATH`: the points of one notebook, or of a course."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from grader.cli.paths import (
    COURSE,
    NOTEBOOK,
    is_course,
    require_one_notebook,
    require_submissions,
)
from grader.cli.result_files import (
    EXECUTED,
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
    options_of,
    report_failure,
    rubric_option,
    template_option,
)
from grader.composition import ASSIGNMENT, DataFolderError, Options, is_shipped, make_grader
from grader.course.options import CourseOptions, course_options
from grader.examiner.errors import RubricError

if TYPE_CHECKING:
    from grader.examiner.grading import Graded

SHOW_CLASS = "--show-class"
MODES = (NOTEBOOK, COURSE, SHOW_CLASS)

_NEEDS = {
    "--grade-header": ("--moodle",),
    "--feedback-header": ("--moodle",),
    "--canvas-assignment": ("--canvas",),
    "--ungradable-as-zero": ("--moodle", "--canvas", "--nbgrader"),
}
_ABOUT_THE_RUN, _NO_RUN = (EXECUTED.option, "--data"), ("--no-run", "--isolation spawn")


@click.command(
    cls=Command,
    help=f"""Grade the {ASSIGNMENT.title} in PATH, and say why each point was lost.

    PATH is an .ipynb file, or a .py export of one; or a folder or a zip of submissions, as
    platforms give them, which needs --out. A result that is written to '-' goes to the standard
    output, and the report to the error output. Exit status: 0 graded, whatever the points; 1
    something could not be graded, or not be written; 2 wrong usage.
    """,
)
@click.argument("path", metavar="PATH", type=FILE)
@result_file_options(*RESULT_FILES, EXECUTED)
@click.option(SHOW_CLASS, is_flag=True, help="Print the code that is graded, and stop.")
@rubric_option
@template_option
@isolation_option
@click.option(
    "--trust", is_flag=True, help="Grade even where this machine can't confine student code."
)
@click.option(
    "--data",
    type=FILE,
    metavar="FOLDER",
    help=f"Folder of {ASSIGNMENT.data_name} to execute the notebook with, instead of a small part "
    "of it.",
)
@click.option("--no-run", is_flag=True, help="Check the class only; don't execute the notebook.")
@debug_option
@course_options
@click.pass_context
def grade(
    context: click.Context, path: Path, course: CourseOptions, no_run: bool, **given: Any
) -> None:
    mode = _mode(context, path)
    _require_sense(context)
    if mode == SHOW_CLASS:
        _show_class(path)
    files = asked_files(given)
    require_writable(files, (path, given["rubric"], given["template"]))
    options = Options(
        given["rubric"],
        given["template"],
        given["isolation"],
        given["trust"],
        run=not no_run,
        data=given["data"],
    )
    if mode == COURSE:
        _grade_course(path, course, options)
    _grade_notebook(path, options, files)


def _mode(context: click.Context, path: Path) -> str:
    """Return what is asked for: one of `MODES`.

    Raises:
        click.UsageError: there are options that mean nothing in it.
    """
    asked = _given(context)
    if SHOW_CLASS in asked:
        mode = SHOW_CLASS
        require_one_notebook(path, mode)
    else:
        mode = COURSE if is_course(path, "--out" in asked) else NOTEBOOK
    for option in asked:
        places = modes_of(option)
        if mode not in places:
            raise click.UsageError(f"{option} goes with {' or '.join(places)}, not with {mode}.")
    return mode


def modes_of(option: str) -> tuple[str, ...]:
    """Return the modes that an option means something in."""
    if option in (SHOW_CLASS, "--debug"):
        return MODES if option == "--debug" else (SHOW_CLASS,)
    if option in {kind.option for kind in (*RESULT_FILES, EXECUTED)}:
        return (NOTEBOOK,)
    names = {known.opts[0]: known.name for known in options_of(grade)}
    return (COURSE,) if names[option] in CourseOptions.__dataclass_fields__ else MODES[:2]


def _given(context: click.Context) -> list[str]:
    """Return the options on the command line, by their long names."""
    return [
        option.opts[0]
        for option in options_of(context.command)
        if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    ]


def _require_sense(context: click.Context) -> None:
    """Refuse options that mean nothing beside or without others.

    Raises:
        click.UsageError: names the first one.
    """
    asked = _given(context)
    for option, others in _NEEDS.items():
        if option in asked and not set(others).intersection(asked):
            raise click.UsageError(f"{option} goes with {' or '.join(others)}.")
    if context.params["isolation"] == "spawn":
        asked.append("--isolation spawn")
    for option in _ABOUT_THE_RUN:
        for other in _NO_RUN:
            if option in asked and other in asked:
                raise click.UsageError(
                    f"{option} means nothing with {other}: the notebook is not executed then."
                )
    if str(context.params["out"]) == "-":
        raise click.UsageError("--out -: name a folder.")


def _show_class(path: Path) -> None:
    """Print the slice, and end with an exit status."""
    from grader.submission import Ungradable, extract, load

    try:
        click.echo(extract(load(path)).text, nl=False)
    except Ungradable as error:
        click.echo(f"Not graded: {error.reason}", err=True)
        sys.exit(NOT_DONE)
    sys.exit(DONE)


def _grade_course(path: Path, course: CourseOptions, options: Options) -> None:
    """Grade a folder or an archive, and end with an exit status."""
    require_submissions(path)
    get_ready(options.run)
    from grader.course import command
    from grader.course.archives import SubmissionsError
    from grader.course.overrides import OverridesError
    from grader.course.publish import PublishError, require_sheets

    try:
        require_sheets(course)
        sys.exit(command.run(command.Course(path, course, options)))
    except PublishError as error:
        raise click.UsageError(str(error)) from error
    except (RubricError, OverridesError, SubmissionsError, DataFolderError) as error:
        raise UnusableError(str(error)) from error


def _grade_notebook(path: Path, options: Options, files: dict[str, Path]) -> None:
    """Grade one notebook, print the report, write the files, and end with an exit status."""
    get_ready(options.run)
    from grader.examiner.client import GraderError, NotConfinedError

    try:
        with make_grader(replace(options, trust=options.trust or is_shipped(path))) as grader:
            graded = grader.grade(path)
    except DataFolderError as error:
        raise click.UsageError(f"--data: {error}.") from error
    except RubricError as error:
        raise UnusableError(str(error)) from error
    except NotConfinedError as error:
        click.echo(str(error), err=True)
        sys.exit(NOT_DONE)
    except GraderError as error:
        report_failure(error)
        sys.exit(NOT_DONE)
    try:
        _print_report(graded, aside=STDOUT in files.values())
    finally:  # whatever becomes of the one, the other is there
        written = write_files(graded, files)
    done = graded.result.status == "graded" and not graded.result.is_open
    sys.exit(DONE if done and written else NOT_DONE)


def _print_report(graded: Graded, aside: bool) -> None:
    """Print the report; aside, where the standard output is taken."""
    import shutil

    from grader.report.terminal import to_terminal

    width = min(max(shutil.get_terminal_size((80, 24)).columns, 40), 100)
    stream = sys.stderr if aside else sys.stdout
    click.echo(to_terminal(graded.result, width, colour=stream.isatty()), stream, nl=False)
