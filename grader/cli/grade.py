"""The command `grade`."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from grader import __version__
from grader.cli.modes import COURSE, OnceCommand, UnusableError, mode_of
from grader.course.options import CourseOptions, course_options

if TYPE_CHECKING:
    from grader.examiner.grading import Graded

GRADED, NOT_GRADED, WRONG_USAGE = 0, 1, 2
MAX_SHIPPED_BYTES = 1 << 20


@click.command(cls=OnceCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("notebook", required=False, type=click.Path(path_type=Path))
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the result as JSON here."
)
@click.option("--show-class", is_flag=True, help="Print the code that is graded, and stop.")
@click.option(
    "--rubric",
    "rubric_file",
    type=click.Path(path_type=Path),
    help="Points to grade by, instead of the assignment's own.",
)
@click.option(
    "--template",
    "template_file",
    type=click.Path(path_type=Path),
    help="The notebook that students received, where it isn't the project's own.",
)
@click.option(
    "--isolation",
    type=click.Choice(["fork", "spawn"]),
    help="How candidates are started; by default whatever is safe on this platform.",
)
@click.option(
    "--trust", is_flag=True, help="Grade even where this machine can't confine student code."
)
@click.option(
    "--doctor",
    is_flag=True,
    help="Try out what this machine enforces against student code, and stop.",
)
@click.option(
    "--executed",
    "executed_file",
    type=click.Path(path_type=Path),
    help="Write the executed notebook, with its outputs, here.",
)
@click.option(
    "--data",
    "data_folder",
    type=click.Path(path_type=Path),
    help="Folder of MNIST to execute the notebook with, instead of a small part of it.",
)
@click.option("--no-run", is_flag=True, help="Check the class only; don't execute the notebook.")
@click.option("--html", "html_file", type=click.Path(path_type=Path), help="Write a page here.")
@click.option(
    "--self-check",
    is_flag=True,
    help="For students: the same checks on one's own notebook. Exit status 0: all points.",
)
@click.option("--watch", is_flag=True, help="With --self-check: stay, and check at each save.")
@click.option(
    "--make-release",
    "release_folder",
    type=click.Path(path_type=Path),
    help="Write what students receive to this folder, made from a solved NOTEBOOK, and stop.",
)
@click.version_option(__version__, prog_name="grade")
@course_options
@click.pass_context
def main(
    context: click.Context,
    notebook: Path | None,
    json_file: Path | None,
    show_class: bool,
    doctor: bool,
    rubric_file: Path | None,
    template_file: Path | None,
    isolation: Literal["fork", "spawn"] | None,
    executed_file: Path | None,
    data_folder: Path | None,
    no_run: bool,
    trust: bool,
    html_file: Path | None,
    self_check: bool,
    watch: bool,
    release_folder: Path | None,
    course: CourseOptions,
) -> None:
    """Grade the variational autoencoder in NOTEBOOK, and say why each point was lost.

    NOTEBOOK is an .ipynb file, or a .py export of one; or a folder or a zip of submissions, as
    platforms give them, which needs --out. A result that is written to '-' goes to the standard
    output, and the report to the error output. Exit status: 0 graded, whatever the points; 1
    something could not be graded, or not be written; 2 wrong usage.
    """
    from grader.candidate import libc
    from grader.cli.result_files import STDOUT, require_writable, write_files

    mode = mode_of(context, notebook)
    asked = {
        "--json": json_file,
        "--html": html_file,
        "--executed": executed_file,
        **course.result_files,
        "--gradescope-bundle": course.bundle,
    }
    files = {option: path for option, path in asked.items() if path is not None}
    require_writable(files, (notebook, rubric_file, template_file))
    aside = STDOUT in files.values()  # then the report for a person goes to the other stream
    if aside and (watch or course.bundle is not None):
        raise click.UsageError("'-' is a single result on the standard output: name a file here.")

    # Models as small as these are computed fastest by one thread: more only wait for each other.
    for library in ("MKL", "OMP", "OPENBLAS"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    libc.one_arena()
    if doctor:
        _doctor()
    if release_folder is not None:
        _make_release(release_folder, notebook, rubric_file)
    if course.bundle is not None:
        _make_bundle(course.bundle, rubric_file)
    if course.compare is not None:
        _compare(*course.compare)
    assert notebook is not None
    if show_class:
        _show_class(notebook)
    _get_ready(run=not (no_run or self_check))
    if mode == COURSE:
        from grader.course import command as batch
        from grader.course.publish import PublishError, require_sheets

        try:
            require_sheets(course)
        except PublishError as error:
            raise click.UsageError(str(error)) from error
        everything = batch.Course(
            notebook, course, rubric_file, isolation, trust, no_run, data_folder, template_file
        )
        sys.exit(batch.run(everything))
    if self_check:
        from grader.student import command

        def publish(graded: Graded) -> bool:
            return write_files(graded, files)

        chosen = (rubric_file, isolation, watch, aside, template_file)
        sys.exit(command.run(command.SelfCheck(notebook, publish, *chosen)))
    # The warm process takes longest to start, so it starts before anything else is imported.
    from grader.candidate import confinement
    from grader.examiner.client import Candidates, GraderError

    trust = trust or _is_shipped(notebook)
    with Candidates(isolation, trust=trust) as candidates:
        # Without forks there is no kernel: a cold one would take longer than all the checks.
        runner = None
        if candidates.warm is not None and not no_run:
            from grader.examiner.background import Runner, RunOptions
            from grader.vae.digits import DataError

            try:
                options = RunOptions(data_folder, trust)
                runner = Runner(candidates.warm, candidates.folder, options)
            except DataError as error:
                raise click.UsageError(f"--data: {error}.") from error
        missing = () if trust else confinement.missing()
        if missing:
            click.echo(confinement.refusal(missing), err=True)
            sys.exit(NOT_GRADED)
        from grader.examiner.grading import KNOWN_CHECKS, Grader
        from grader.examiner.rubric import RubricError, default_path, load_rubric
        from grader.report.terminal import to_terminal

        try:
            rubric = load_rubric(rubric_file or default_path(), KNOWN_CHECKS, template_file)
            with runner or nullcontext():
                graded = Grader(candidates, rubric, runner).grade(notebook)
        except RubricError as error:
            raise UnusableError(str(error)) from error
        except GraderError as error:
            click.echo(f"The grader failed: {error}.", err=True)
            sys.exit(NOT_GRADED)
    try:
        width = min(_columns(), 100)
        stream = sys.stderr if aside else sys.stdout
        click.echo(to_terminal(graded.result, width, colour=stream.isatty()), stream, nl=False)
    finally:  # whatever becomes of the one, the other is there
        written = write_files(graded, files)
    done = graded.result.status == "graded" and not graded.result.is_open
    sys.exit(GRADED if done and written else NOT_GRADED)


def _get_ready(run: bool) -> None:
    from grader.examiner import machine

    try:
        machine.get_ready(run)
    except machine.TooLittleError as error:
        click.echo(f"Nothing was graded: {error}", err=True)
        sys.exit(NOT_GRADED)


def _doctor() -> None:
    from grader.cli import doctor

    report, healthy = doctor.examine()
    click.echo(report, nl=False)
    sys.exit(GRADED if healthy else NOT_GRADED)


def _is_shipped(notebook: Path) -> bool:
    """Whether it is a notebook that came with the project, which needs no confinement."""
    import hashlib

    from grader.candidate.confinement import known_notebook

    try:
        if not notebook.is_file() or notebook.stat().st_size > MAX_SHIPPED_BYTES:
            return False
        return known_notebook(hashlib.sha256(notebook.read_bytes()).hexdigest())
    except OSError:
        return False


def _make_release(folder: Path, solved: Path | None, rubric: Path | None) -> None:
    from grader.cli.release import ReleaseError, write_release

    try:
        paths = write_release(folder, solved, rubric)
    except ReleaseError as error:
        raise click.UsageError(str(error)) from error
    for path in paths:
        click.echo(path)
    sys.exit(GRADED)


def _make_bundle(path: Path, rubric: Path | None) -> None:
    from grader.course.bundle import gradescope_bundle
    from grader.examiner.rubric import RubricError
    from grader.whole_file import write_whole_file

    try:
        content = gradescope_bundle(rubric)
    except RubricError as error:
        raise UnusableError(str(error)) from error
    try:
        write_whole_file(path, content)
    except OSError as error:
        click.echo(f"{path} can't be written: {error.strerror}.", err=True)
        sys.exit(NOT_GRADED)
    click.echo(path)
    sys.exit(GRADED)


def _compare(old: Path, new: Path) -> None:
    from grader.course.compare import CompareError, compare, read_results, to_text

    try:
        before, after = read_results(old), read_results(new)
    except CompareError as error:
        raise click.UsageError(str(error)) from error
    click.echo(to_text(compare(before, after), len({*before, *after})), nl=False)
    sys.exit(GRADED)


def _show_class(notebook: Path) -> None:
    from grader.submission import Ungradable, extract, load

    try:
        click.echo(extract(load(notebook)).text, nl=False)
    except Ungradable as error:
        click.echo(f"Not graded: {error.reason}", err=True)
        sys.exit(NOT_GRADED)
    sys.exit(GRADED)


def _columns() -> int:
    import shutil

    return max(shutil.get_terminal_size((80, 24)).columns, 40)


if __name__ == "__main__":
    main()
