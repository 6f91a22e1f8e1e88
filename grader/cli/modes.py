"""What `grade` can be asked for, and which options mean something in it.

Whoever gives an option expects something of it, so one that means nothing is refused and never
ignored.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any

import click
from click.core import ParameterSource

from grader.cli.folding import folded
from grader.course import options

NOTEBOOK, COURSE = "one notebook", "a folder or a zip of submissions"
SELF_CHECK, SHOW_CLASS, COMPARE = "--self-check", "--show-class", "--compare"
DOCTOR, RELEASE, BUNDLE = "--doctor", "--make-release", "--gradescope-bundle"

RESULT_FILES = ("--json", "--html", "--executed", *(file.flag for file in options.RESULT_FILES))
_PLATFORMS = tuple(option.flag for option in options.PLATFORM_OPTIONS)

OPTIONS: Mapping[str, Collection[str]] = {
    NOTEBOOK: (
        *RESULT_FILES,
        "--rubric",
        "--template",
        "--isolation",
        "--trust",
        "--no-run",
        "--data",
    ),
    COURSE: (
        *("--out", "--jobs", "--regrade", *_PLATFORMS, "--ungradable-as-zero"),
        *("--rubric", "--template", "--isolation", "--trust", "--no-run", "--data"),
    ),
    SELF_CHECK: (
        *(option for option in RESULT_FILES if option != "--executed"),
        *("--rubric", "--template", "--isolation", "--watch"),
    ),
    SHOW_CLASS: (),
    COMPARE: (),
    DOCTOR: (),
    RELEASE: ("--rubric",),
    BUNDLE: ("--rubric",),
}
"""What may be given beside each; names that start with dashes are options that ask for it."""

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
_WITHOUT_NOTEBOOK = (COMPARE, DOCTOR, BUNDLE)
_ABOUT_THE_RUN, _NO_RUN = ("--executed", "--data"), ("--no-run", "--isolation spawn")


class UnusableError(click.ClickException):
    """A file that was given can't be used; exits as wrong usage does, and says nothing of usage."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the error, folded where it is a terminal."""
        stream = file or sys.stderr
        click.echo(folded(f"Error: {self.format_message()}", stream), stream)


class OnceCommand(click.Command):
    """A command whose options are given once: click would keep the last value in silence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line.

        Raises:
            click.UsageError: an option with a value is given twice.
        """
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in order:
            is_flag = getattr(parameter, "is_flag", False)
            if isinstance(parameter, click.Option) and not is_flag and order.count(parameter) > 1:
                raise click.UsageError(f"{parameter.opts[0]} is given twice.", ctx)
        return super().parse_args(ctx, args)


def mode_of(context: click.Context, path: Path | None) -> str:
    """What is asked for: a key of `OPTIONS`.

    Raises:
        click.UsageError: two things at once, nothing, or options that mean nothing in it.
    """
    given = _given(context)
    asked = [mode for mode in OPTIONS if mode in given]
    if len(asked) > 1:
        raise click.UsageError(f"{asked[0]} and {asked[1]} can't be had at once.")
    if path is None and not {RELEASE, *_WITHOUT_NOTEBOOK}.intersection(asked):
        raise click.UsageError("Missing argument 'NOTEBOOK'.")
    mode = asked[0] if asked else COURSE if _is_course(path, given) else NOTEBOOK
    if path is not None and mode in _WITHOUT_NOTEBOOK:
        raise click.UsageError(f"{mode} takes no NOTEBOOK.")
    if path is not None and mode in (SELF_CHECK, SHOW_CLASS) and _is_course(path, ()):
        raise click.UsageError(f"{mode} takes one notebook, and {path} is {COURSE}.")
    for option in given:
        if option in OPTIONS or option in OPTIONS[mode]:
            continue
        places = [place for place, known in OPTIONS.items() if option in known]
        raise click.UsageError(f"{option} goes with {' or '.join(places)}, not with {mode}.")
    for option, others in options.NEEDS.items():
        if option in given and not set(others).intersection(given):
            raise click.UsageError(f"{option} goes with {' or '.join(others)}.")
    if context.params.get("isolation") == "spawn":
        given.append("--isolation spawn")
    for option in _ABOUT_THE_RUN:
        for other in _NO_RUN:
            if option in given and other in given:
                raise click.UsageError(
                    f"{option} means nothing with {other}: the notebook is not executed then."
                )
    for option, folder in (("--out", "out"), (RELEASE, "release_folder")):
        if str(context.params.get(folder)) == "-":
            raise click.UsageError(f"{option} -: name a folder.")
    if mode == COURSE and path is not None:
        _require_submissions(path)
    return mode


def _given(context: click.Context) -> list[str]:
    """The options on the command line, by their long names."""
    return [
        parameter.opts[0]
        for parameter in context.command.params
        if isinstance(parameter, click.Option)
        and context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]


def _is_course(path: Path | None, given: Collection[str]) -> bool:
    if path is None:
        return False
    is_named_so = os.path.isdir(path) or path.name.lower().endswith(_ARCHIVES)
    # Of a path that isn't there, or of an archive by another name, --out tells what it is.
    return is_named_so or ("--out" in given and not _is_other_file(path))


def _is_other_file(path: Path) -> bool:
    from grader.course.archive_members import is_archive

    try:
        return os.path.isfile(path) and not is_archive(path)
    except OSError:
        return True


def _require_submissions(path: Path) -> None:
    """Refuse what can't be a course before a folder is made for its results.

    Raises:
        click.UsageError: it isn't there, or neither a folder nor a zip.
    """
    if not os.path.exists(path):
        raise click.UsageError(f"There is no {path}: check its name and folder.")
    if _is_other_file(path):
        raise click.UsageError(
            f"{path} is neither a folder nor a zip or tar of submissions: unpack it first."
        )
