"""The options of `grade PATH` that are about whole courses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)
_SHEET = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class CourseOptions:
    """What was asked for beside the grading itself; None and False where it wasn't.

    Attributes:
        out: folder for everything; a course needs it.
        moodle: Moodle's grading worksheet, to be filled.
        canvas: Canvas's exported gradebook, to be filled.
        nbgrader: the assignment's name in nbgrader's grades.csv.
        ungradable_as_zero: whether platforms get a 0 for what could not be graded.
    """

    out: Path | None = None
    jobs: int | None = None
    regrade: bool = False
    moodle: Path | None = None
    grade_header: str | None = None
    feedback_header: str | None = None
    canvas: Path | None = None
    canvas_assignment: str | None = None
    nbgrader: str | None = None
    ungradable_as_zero: bool = False


_OPTIONS = (
    click.option("--out", type=_FOLDER, help="For a folder or a zip: where results go."),
    click.option("--jobs", type=click.IntRange(1), help="How many submissions at once."),
    click.option("--regrade", is_flag=True, help="Grade also what is graded and unchanged."),
    click.option("--moodle", type=_SHEET, help="Moodle's grading worksheet, to be filled."),
    click.option("--grade-header", help="Header of the worksheet's column for points."),
    click.option("--feedback-header", help="Header of the worksheet's column for comments."),
    click.option("--canvas", type=_SHEET, help="Canvas's exported gradebook, to be filled."),
    click.option("--canvas-assignment", help="Title or id of the assignment in that gradebook."),
    click.option("--nbgrader", metavar="ASSIGNMENT", help="Write nbgrader's grades.csv, too."),
    click.option(
        "--ungradable-as-zero",
        is_flag=True,
        help="Fill in 0 for what could not be graded, which is left open otherwise.",
    ),
)


def course_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that adds the options to a command, which gets them as ``course``."""

    @wraps(command)
    def gathered(**given: Any) -> Any:
        own = {name: given.pop(name) for name in CourseOptions.__dataclass_fields__}
        return command(course=CourseOptions(**own), **given)

    found: Any = gathered
    for option in reversed(_OPTIONS):
        found = option(found)
    return found
