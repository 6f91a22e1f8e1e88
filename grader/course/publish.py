"""Write what a grading gives back, beside the results: gradebook, report, platforms' files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.composition import ASSIGNMENT
from grader.course.anonymous import FOLDER, write_anonymous
from grader.course.options import CourseOptions
from grader.course.pages import INDEX, page_path, up_to_date_page
from grader.course.store import write_whole
from grader.errors import UnusableError
from grader.platforms import PLATFORMS
from grader.platforms.platform import GradedCourse, Sheet, SheetError
from grader.report.course import Entry
from grader.report.gradebook import to_gradebook
from grader.report.index import to_index

_OUTDATED_COPY = (
    f"The folder {FOLDER} is of an earlier grading and may differ from what holds now: give "
    "--anonymous again, or delete it."
)


class PublishError(UnusableError):
    """A file of the platform's can't be used; results and gradebook are written all the same."""


@dataclass
class Published:
    """The files that were written, and what a person must know about them.

    Attributes:
        files: in the order in which a person wants them.
        notices: sentences about what was written.
        problems: sentences about what could not be written.
    """

    files: list[Path] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def require_sheets(options: CourseOptions) -> None:
    """Refuse platforms' files that can't be filled, before anything is graded.

    Raises:
        PublishError: one can't be read or is none.
    """
    for sheet in _sheets():
        if sheet.flag in options.flags:
            try:
                sheet.fill(GradedCourse((), options.values))
            except SheetError as error:
                raise PublishError(str(error)) from error


def publish(out: Path, course: str, entries: Sequence[Entry], options: CourseOptions) -> Published:
    """Write everything that was asked for.

    Args:
        out: the folder for everything.
        course: the path of what was graded; it need not be there any more.
        entries: the graded submissions.
        options: what was asked for.

    Raises:
        StoreError: something can't be written.
    """
    done = Published()

    def write(name: str | Path, content: bytes) -> None:
        write_whole(out / name, content)
        done.files.append(out / name)

    entries = [replace(entry, feedback=options.feedback) for entry in entries]
    pages = {entry.name: up_to_date_page(out, entry) for entry in entries}
    addresses = {name: f"students/{path.name}" for name, path in pages.items()}
    titles = {it.id: it.general_title for it in ASSIGNMENT.misconceptions().values()}
    index = to_index(entries, addresses, ASSIGNMENT.title, titles)
    write(INDEX, index.encode())
    done.files.append((out / page_path("")).parent)
    if options.anonymous:
        done.files.append(write_anonymous(out, entries, titles))
    elif (out / FOLDER).exists():
        done.notices.append(_OUTDATED_COPY)
    write("gradebook.csv", to_gradebook(entries))
    graded = GradedCourse(entries, options.values, pages, Path(course), options.ungradable_as_zero)
    for sheet in _sheets():
        if sheet.flag not in options.flags:
            done.notices += _outdated(out, sheet)
            continue
        try:
            contents, notices = sheet.fill(graded)
        except SheetError as error:
            done.problems.append(str(error))
            done.notices += _outdated(out, sheet)
            continue
        done.notices += notices
        for name, content in zip(sheet.files, contents, strict=True):
            write(name, content)
    return done


def _sheets() -> list[Sheet]:
    return [platform.sheet for platform in PLATFORMS if platform.sheet]


def _outdated(out: Path, sheet: Sheet) -> list[str]:
    """Return a notice about files that an earlier grading left, and this one didn't write."""
    names = [name for name in sheet.files if (out / name).exists()]
    if not names:
        return []
    these, are = " and ".join(names), "is" if len(names) == 1 else "are"
    return [
        f"{these} {are} of an earlier grading and may differ from what holds now: give "
        f"{sheet.flag} again, or delete {'it' if len(names) == 1 else 'them'}."
    ]
