"""The command `grade`: its commands, and `grade PATH`, which needs no name."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from grader.cli.box import box
from grader.cli.bundle import bundle
from grader.cli.check import check
from grader.cli.compare import compare
from grader.cli.desk import desk
from grader.cli.doctor import doctor
from grader.cli.explain import explain
from grader.cli.grade import grade, modes_of
from grader.cli.page import page
from grader.cli.publish import publish
from grader.cli.release import release
from grader.cli.usage import options_of, reported_errors
from grader.nearest import nearest
from grader.version import __version__

_OFTEN = ("--out", "--rubric", "--json", "--html", "--no-run")
_MANY = 3
"""So many arguments are too wide for a list of commands."""
_NEAR = 0.7
"""How much of a command's name has to be right for it to be meant."""
_MOVED = {
    "--self-check": "`grade check NOTEBOOK`",
    "--watch": "`grade check NOTEBOOK --watch`",
    "--compare": "`grade compare OLD NEW`",
    "--doctor": "`grade doctor`",
    "--make-release": "`grade release OUT`",
    "--release": "`grade release OUT`",
    "--gradescope-bundle": "`grade bundle FILE`",
}
"""Options that asked for what are commands now."""
_GONE = {
    "--classroom": "--classroom is gone, for GitHub Classroom ended in August 2026: "
    "use --classroom50 for Classroom 50.",
}


class Commands(click.Group):
    """A group with a command that is meant where none is named."""

    def __init__(self, unnamed: click.Command, **settings: Any) -> None:
        """Take the command that is meant where none is named."""
        super().__init__(**settings)
        self.unnamed = unnamed

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line, of this group or of the command that is meant."""
        context = click.Context(self, **self.context_settings)
        options_of_group = {name for option in self.get_params(context) for name in option.opts}
        if args and (args[0] in options_of_group or args[0] in self.commands):
            return super().make_context(info_name, args, parent, **extra)
        if args and not args[0].startswith("-") and (near := self._near(args[0])):
            words = f"There is no command '{args[0]}', nor a file of that name."
            meant = click.Context(self.unnamed, info_name=info_name, **self.context_settings)
            raise click.UsageError(f"{words} Did you mean '{near}'?", meant)
        with self._refusals():
            settings = {**self.context_settings, **extra}
            return self.unnamed.make_context(info_name, args, parent, **settings)

    def _near(self, name: str) -> str:
        """Return the command that is nearly called so; "" if there is none, or it is a file."""
        if Path(name).exists():
            return ""
        names = [known for known, command in self.commands.items() if not command.hidden]
        return nearest(name, names, _NEAR)

    def invoke(self, ctx: click.Context) -> Any:
        """Run what the command line names."""
        atexit.register(gc.freeze)  # to look for garbage at the very end takes longer than the rest
        with self._refusals(), reported_errors():
            return self.unnamed.invoke(ctx) if ctx.command is self.unnamed else super().invoke(ctx)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Say of an option that is used elsewhere, or was once, where it is."""
        try:
            yield
        except click.NoSuchOption as error:
            if error.option_name in _MOVED:
                words = f"{error.option_name} is a command now: {_MOVED[error.option_name]}."
            elif error.option_name in _GONE:
                words = _GONE[error.option_name]
            elif places := self._places(error.option_name):
                where = error.ctx.command_path if error.ctx else self.name
                words = f"{error.option_name} goes with {' or '.join(places)}, not with {where}."
            else:
                raise
            raise click.UsageError(words, error.ctx) from error

    def _places(self, option: str) -> tuple[str, ...]:
        """Return what an option goes with, in words."""
        if option in options_of(self.unnamed):
            return modes_of(option)
        return tuple(
            f"grade {name}"
            for name, command in self.commands.items()
            if option in options_of(command) and not command.hidden
        )

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one page: the commands, the options most used, and where the rest is."""
        formatter.write_usage("grade", "[OPTIONS] PATH | grade COMMAND ...")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.help or "")
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (_signature(command), command.get_short_help_str(60))
                    for command in self.commands.values()
                    if not command.hidden
                ]
            )
        records = (options_of(self.unnamed)[name].get_help_record(ctx) for name in _OFTEN)
        with formatter.section("Options most used"):
            formatter.write_dl([record for record in records if record])
        formatter.write_paragraph()
        formatter.write_text(self.epilog or "")


def _signature(command: click.Command) -> str:
    """Return a command's name with its arguments, which its own help has where they are many."""
    arguments = [p.metavar for p in command.params if isinstance(p, click.Argument) and p.metavar]
    shown = arguments if len(arguments) < _MANY else [arguments[0], "..."]
    return " ".join((command.name or "", *shown))


def _show_all(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        settings = context.command.context_settings
        click.echo(grade.get_help(click.Context(grade, info_name="grade", **settings)))
        context.exit()


main = Commands(
    grade,
    name="grade",
    commands=[check, compare, desk, explain, page, publish, release, doctor, bundle, box],
    context_settings={"help_option_names": ["-h", "--help"]},
    help=f"{(grade.help or '').partition('.')[0]}. PATH is a notebook, or "
    "a folder or zip of submissions, with --out.",
    epilog="All options: grade --help-all; those of a command: grade COMMAND --help.",
    params=[
        click.Option(
            ["--help-all"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_all,
            help="Show all options of grade PATH.",
        )
    ],
)
main = click.version_option(__version__, prog_name="grade")(main)
