"""The options of `grade PATH` that are about whole courses; most are brought by platforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import click

from grader.course.cluster.address import LocalNodes, Scheduler, parse_address
from grader.course.shard import Shard, parse_shard
from grader.course.store_kind import KINDS
from grader.platforms import PLATFORMS
from grader.platforms.platform import Option, Values
from grader.report.feedback import ALL, LEVELS, Level

_FOLDER = click.Path(file_okay=False, path_type=Path)
_SHEET = click.Path(exists=True, dir_okay=False, path_type=Path)

PLATFORM_OPTIONS: tuple[Option, ...] = tuple(
    option for platform in PLATFORMS for option in platform.options
)
SHEETS = tuple(platform.sheet.flag for platform in PLATFORMS if platform.sheet)
FILLED = tuple(it.flag for it in PLATFORM_OPTIONS if it.is_file and it.flag in SHEETS)
"""Those that fill in a file of the platform's own."""
NEEDS = {option.flag: (option.needs,) for option in PLATFORM_OPTIONS if option.needs} | {
    "--ungradable-as-zero": SHEETS,
    "--changed-only": SHEETS,
    "--replace-grades": FILLED,
}
"""Options that mean something only beside one of others."""


@dataclass(frozen=True)
class CourseOptions:
    """Options of a course beside those of grading; None and False where they weren't given.

    Attributes:
        out: folder for everything; a course needs it.
        jobs: how many submissions are graded at once.
        shard: the part of the course to grade; None for all of it.
        nodes: where it is graded; None for here.
        store: the kind of store that results are kept in; None for whichever fits.
        regrade: whether to grade also what is graded and unchanged.
        never_lower: whether an earlier total counts where it is higher.
        ungradable_as_zero: whether platforms get a 0 for what could not be graded.
        changed_only: whether platforms get those alone whom the last grading changed.
        replace_grades: whether points and comments that a platform's sheet has are replaced.
        feedback: how much of their results students are told.
        anonymous: whether to write a copy, too, that names nobody.
        values: of platforms' options, those that were given, by their parameters' names.
    """

    out: Path | None = None
    jobs: int | None = None
    shard: Shard | None = None
    nodes: LocalNodes | Scheduler | None = None
    store: str | None = None
    regrade: bool = False
    never_lower: bool = False
    ungradable_as_zero: bool = False
    changed_only: bool = False
    replace_grades: bool = False
    feedback: Level = ALL
    anonymous: bool = False
    values: Values = field(default_factory=dict)

    @property
    def flags(self) -> frozenset[str]:
        """The platforms' options that were given."""
        return frozenset(it.flag for it in PLATFORM_OPTIONS if it.parameter in self.values)


_OF_PUBLISHING = (
    *(
        click.option(it.flag, type=_SHEET if it.is_file else None, metavar=it.metavar, help=it.help)
        for it in PLATFORM_OPTIONS
    ),
    click.option(
        "--ungradable-as-zero",
        is_flag=True,
        help="Fill in 0 for what could not be graded, which is left open otherwise.",
    ),
    click.option(
        "--changed-only",
        is_flag=True,
        help="For platforms: only those whose points the last grading changed.",
    ),
    click.option(
        "--replace-grades",
        is_flag=True,
        help="Replace other points and comments that a sheet has, which stay otherwise.",
    ),
    click.option(
        "--feedback",
        type=click.Choice(LEVELS),
        default=ALL,
        help="What students' pages and comments hold: points alone; messages too, without hints "
        "and examples; or all of it, as by default.",
    ),
    click.option(
        "--anonymous",
        is_flag=True,
        help="Write pages and executed notebooks with pseudonyms, too, in the folder anonymous.",
    ),
)
_OF_PUBLISHING_NAMES = (
    "ungradable_as_zero",
    "changed_only",
    "replace_grades",
    "feedback",
    "anonymous",
)
_WRITTEN_LAST = frozenset(
    (
        *(option.flag for option in PLATFORM_OPTIONS),
        *(f"--{name.replace('_', '-')}" for name in _OF_PUBLISHING_NAMES),
    )
)
"""What a part of a course says nothing about."""
_OPTIONS = (
    click.option("--out", type=_FOLDER, help="For a folder or a zip: where results go."),
    click.option("--jobs", type=click.IntRange(1), help="How many submissions at once."),
    click.option(
        "--shard",
        metavar="I/N",
        callback=lambda _, __, text: _parsed(parse_shard, text),
        help="Grade part I of N alone, beside other machines; the same without it writes all.",
    ),
    click.option(
        "--dask",
        "nodes",
        metavar="ADDRESS",
        callback=lambda _, __, text: _parsed(parse_address, text),
        help="Grade on the nodes of a Dask cluster: tls://HOST:PORT, a scheduler file, or local:N.",
    ),
    click.option(
        "--store",
        type=click.Choice(KINDS),
        help="Keep results as files, or all in one SQLite file, as by default for more than 10,000 "
        "submissions; a folder keeps the kind it has.",
    ),
    click.option("--regrade", is_flag=True, help="Grade also what is graded and unchanged."),
    click.option(
        "--never-lower", is_flag=True, help="Keep the earlier total of whom a regrade gives less."
    ),
    *_OF_PUBLISHING,
)


def require_company(asked: Sequence[str]) -> None:
    """Refuse options that mean something only beside others, where none of these is.

    Raises:
        click.UsageError: names the first.
    """
    if "--shard" in asked and "--dask" in asked:
        raise click.UsageError("--shard and --dask are two ways to use several machines: give one.")
    if "--trust" in asked and "--dask" in asked:
        raise click.UsageError(
            "--trust doesn't go with --dask: unconfined code on a node reaches all of the cluster."
        )
    for option in asked:
        if option in _WRITTEN_LAST and "--shard" in asked:
            raise click.UsageError(
                f"{option} goes with the last call, without --shard: that one writes everything."
            )
        if option in NEEDS and not set(NEEDS[option]).intersection(asked):
            raise click.UsageError(f"{option} goes with {' or '.join(NEEDS[option])}.")


def _parsed(parse: Callable[[str], Any], text: str | None) -> Any:
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def course_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of grading a course to a command, which gets them as ``course``."""
    settings = (
        *("out", "jobs", "shard", "nodes", "store", "regrade", "never_lower"),
        *_OF_PUBLISHING_NAMES,
    )
    return _with_options(command, _OPTIONS, settings)


def publishing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of what is given out to a command, which gets them as ``course``."""
    return _with_options(command, _OF_PUBLISHING, _OF_PUBLISHING_NAMES)


def _with_options(
    command: Callable[..., Any], options: Sequence[Any], names: Sequence[str]
) -> Callable[..., Any]:
    @wraps(command)
    def gathered(**given: Any) -> Any:
        settings = {name: given.pop(name) for name in names}
        of_platforms = {it.parameter: given.pop(it.parameter) for it in PLATFORM_OPTIONS}
        values = {name: value for name, value in of_platforms.items() if value is not None}
        return command(course=CourseOptions(values=values, **settings), **given)

    decorated: Any = gathered
    for option in reversed(options):
        decorated = option(decorated)
    return decorated
