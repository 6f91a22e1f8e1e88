"""The files that options ask for beside the report of one notebook."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.platforms.platform import NotWrittenError
from grader.whole_file import write_whole_file

if TYPE_CHECKING:
    from grader.examiner.grading import Graded


STDOUT = Path("-")
"""Written in place of a file's name, it means the standard output, as for other commands."""


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
    """Why a file can't be written, as far as can be told without writing it; "" if it can."""
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


def write_files(graded: Graded, files: Mapping[str, Path]) -> bool:
    """Write what was asked for, by options; say on stderr what could not be, and go on.

    Returns:
        Whether all is written.
    """
    problems = [_written(option, path, graded) for option, path in files.items()]
    for problem in filter(None, problems):
        click.echo(problem, err=True)
    return not any(problems)


def _written(option: str, path: Path, graded: Graded) -> str:
    """Write one of the files; returns why that could not be, in a sentence, or ""."""
    if option == "--executed" and graded.executed is None:
        return f"{path} is not written: the notebook was not executed."
    try:
        content = _content(option, graded, path).encode()
        if path == STDOUT:
            click.echo(content, nl=False)
        else:
            write_whole_file(path, content)
    except NotWrittenError as error:
        return str(error)
    except OSError as error:
        return f"{path} can't be written: {error.strerror}."
    return ""


def _content(option: str, graded: Graded, path: Path) -> str:
    result = graded.result
    if option == "--json":
        from grader.report.to_json import to_json

        return to_json(result)
    if option == "--html":
        from grader.report.page import to_page

        return to_page(result, graded.code, graded.executed)
    if option == "--executed":
        return graded.executed or ""
    from grader.composition import ASSIGNMENT
    from grader.course.options import RESULT_FILES

    file = next(file for file in RESULT_FILES if file.flag == option)
    return file.content(result, path, ASSIGNMENT)
