"""Options, exit statuses and error messages that commands share."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click
from click.core import ParameterSource

from grader.course.stopping import exit_status
from grader.errors import UnusableError
from grader.examiner import machine
from grader.examiner.forkserver_client import GraderError
from grader.report.folding import folded

DONE, NOT_DONE = 0, 1
"""Exit statuses; click's own is 2, for wrong usage, and one that was stopped names the signal."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk says that has no room, or is broken."""

FILE = click.Path(path_type=Path)
_log = logging.getLogger(__name__)


class FoldedError(click.ClickException):
    """A file that was given can't be used; exits as wrong usage does, and says nothing of usage."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the error, folded where it is a terminal."""
        stream = file or sys.stderr
        click.echo(folded(f"Error: {self.format_message()}", stream), stream)


def _drop_output() -> None:
    """Have what waits to be printed lead nowhere, or it would fail again when Python ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def reported_errors() -> Iterator[None]:
    """Print the errors that end a command in a sentence, and exit with the status of their kind."""
    try:
        yield
    except UnusableError as error:
        raise FoldedError(str(error)) from error
    except machine.TooLittleError as error:
        click.echo(f"Nothing was graded: {error}", err=True)
        sys.exit(NOT_DONE)
    except GraderError as error:
        from grader.examiner.client import NotConfinedError

        _log.debug("The grader failed.", exc_info=error)
        is_refusal = isinstance(error, NotConfinedError)
        click.echo(str(error) if is_refusal else f"The grader failed: {error}.", err=True)
        sys.exit(NOT_DONE)
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        _drop_output()
        click.echo(f"Not everything could be printed: {error.strerror}.", err=True)
        sys.exit(NOT_DONE)
    except KeyboardInterrupt as stop:
        click.echo("Stopped.", err=True)
        sys.exit(exit_status(stop))


explain_option = click.option(
    "--explain", is_flag=True, help="Show every loss on the smallest case that fails."
)


class Command(click.Command):
    """A command whose options are given once, and whose paths aren't empty.

    Click would keep the last value in silence, and take an empty path for the current folder.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line.

        Raises:
            click.UsageError: an option with a value is given twice, or a path is empty.
        """
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in order:
            is_flag = getattr(parameter, "is_flag", False)
            if isinstance(parameter, click.Option) and not is_flag and order.count(parameter) > 1:
                raise click.UsageError(f"{parameter.opts[0]} is given twice.", ctx)
            if isinstance(parameter.type, click.Path) and values.get(parameter.name or "") == "":
                is_option = isinstance(parameter, click.Option)
                name = parameter.opts[0] if is_option else parameter.human_readable_name.strip("[]")
                raise click.UsageError(f"{name} is empty: name a file or a folder.", ctx)
        return super().parse_args(ctx, args)


def options_of(command: click.Command) -> dict[str, click.Option]:
    """Return the options of a command by their long names, without its help and the like."""
    return {
        parameter.opts[0]: parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.is_eager
    }


def given_options(context: click.Context) -> list[str]:
    """Return the options on the command line, by their long names."""
    return [
        name
        for name, option in options_of(context.command).items()
        if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    ]


rubric_option = click.option(
    "--rubric",
    type=FILE,
    metavar="FILE",
    help="Points to grade by, instead of the assignment's own.",
)
template_option = click.option(
    "--template",
    type=FILE,
    metavar="FILE",
    help="The notebook that students received, where it isn't the project's own.",
)
isolation_option = click.option(
    "--isolation",
    type=click.Choice(["fork", "spawn"]),
    help="How candidates are started; by default whatever is safe on this platform.",
)
debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=lambda _, __, wanted: _show_tracebacks() if wanted else None,
    help="Show the whole traceback of an error of the grader's own.",
)


def _show_tracebacks() -> None:
    logger = logging.getLogger("grader")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.DEBUG)
