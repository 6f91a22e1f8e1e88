"""The files that options ask for beside the report of one notebook."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from grader.assignment import Assignment
from grader.cli.usage import FILE
from grader.composition import ASSIGNMENT
from grader.platforms import PLATFORMS
from grader.platforms.platform import NotWrittenError, ResultFile
from grader.whole_file import write_whole_file

if TYPE_CHECKING:
    from grader.examiner.grading import Graded


STDOUT = Path("-")
"""Written in place of a file's name, it means the standard output, as for other commands."""


def _json(graded: Graded, *_: object) -> str:
    from grader.report.to_json import to_json

    return to_json(graded.result)


def _html(graded: Graded, _: Path, assignment: Assignment) -> str:
    from grader.report.page import to_page

    return to_page(graded.result, assignment.title, graded.sources, graded.executed)


def _executed(graded: Graded, path: Path, _: Assignment) -> str:
    if graded.executed is None:
        raise NotWrittenError(f"{path} is not written: the notebook was not executed.")
    return graded.executed


OF_CHECKS = (
    ResultFile("--json", "Write the result as JSON here.", _json),
    ResultFile("--html", "Write a page here.", _html),
    *(kind for platform in PLATFORMS for kind in platform.result_files),
)
EXECUTED = ResultFile(
    "--executed", "Write the executed notebook, with its outputs, here.", _executed
)
RESULT_FILES = {kind.flag: kind for kind in (*OF_CHECKS, EXECUTED)}


def result_file_options(kinds: Sequence[ResultFile]) -> Callable[[Any], Any]:
    """Return a decorator that gives a command an option for each kind of file."""

    def decorate(command: Any) -> Any:
        for kind in reversed(kinds):
            command = click.option(kind.flag, type=FILE, metavar="FILE", help=kind.help)(command)
        return command

    return decorate


def asked_files(parameters: Mapping[str, Any], inputs: Iterable[Path | None]) -> dict[str, Path]:
    """Return the files that a command's parameters ask for, by their options.

    Raises:
        click.UsageError: names the first one that can't be written, and why.
    """
    names = {flag: flag.removeprefix("--").replace("-", "_") for flag in RESULT_FILES}
    asked = {flag: parameters.get(name) for flag, name in names.items()}
    files = {flag: path for flag, path in asked.items() if path is not None}
    require_writable(files, inputs)
    return files


def require_writable(files: Mapping[str, Path], inputs: Iterable[Path | None] = ()) -> None:
    """Refuse files that can't be written, by their options, before anything is graded.

    Raises:
        click.UsageError: names the first one, and why.
    """
    taken = {os.path.realpath(path): f"would overwrite {path}" for path in inputs if path}
    for option, path in files.items():
        place = os.path.realpath(path)
        problem = taken.get(place) or ("" if path == STDOUT else _problem(path))
        if problem:
            raise click.UsageError(f"{option} {path}: {problem}.")
        if os.path.isfile(path) or not os.path.exists(path):
            taken[place] = f"{option} names the same file"


def _problem(path: Path) -> str:
    """Say why a file can't be written, as far as that shows without writing it; "" if it can."""
    try:
        path.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        return f"it can't be written ({error.strerror})"
    if path.is_dir():
        return "it is a folder; name a file"
    if path.exists() and not path.is_file():  # a pipe, say, which is written to as it is
        return "" if os.access(path, os.W_OK) else "it can't be written"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; make it first"
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return ""
    except OSError as error:
        return f"its folder can't be written to ({error.strerror})"


def report_stream(files: Mapping[str, Path]) -> TextIO:
    """Return where a report is printed beside files: not among one that goes to the output."""
    return sys.stderr if STDOUT in files.values() else sys.stdout


def deliver(graded: Graded, files: Mapping[str, Path], show: Callable[[TextIO], None]) -> bool:
    """Print the report and write the files, whatever becomes of the other; say what could not be.

    Args:
        graded: the result.
        files: to be written, by their options.
        show: prints the report to a stream.

    Returns:
        Whether all is written.
    """
    try:
        show(report_stream(files))
    finally:
        written = write_files(graded, files)
    return written


def write_files(graded: Graded, files: Mapping[str, Path]) -> bool:
    """Write files, by their options; say on stderr what could not be, and go on.

    Returns:
        Whether all is written.
    """
    problems = [_written(flag, path, graded) for flag, path in files.items()]
    for problem in filter(None, problems):
        click.echo(problem, err=True)
    return not any(problems)


def _written(flag: str, path: Path, graded: Graded) -> str:
    """Write one of the files; return why that could not be, in a sentence, or ""."""
    try:
        content = RESULT_FILES[flag].content(graded, path, ASSIGNMENT).encode()
        if path == STDOUT:
            click.echo(content, nl=False)
        else:
            write_whole_file(path, content)
    except NotWrittenError as error:
        return str(error)
    except OSError as error:
        return f"{path} can't be written: {error.strerror}."
    return ""
