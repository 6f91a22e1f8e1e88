"""Write what a grading gives back, beside the results: gradebook, report, platforms' files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from grader.composition import ASSIGNMENT
from grader.course.anonymous import FOLDER, write_anonymous
from grader.course.compare import CompareError, changes_to_csv
from grader.course.contents import Contents
from grader.course.last_grading import read_last_grading
from grader.course.options import CourseOptions
from grader.course.pages import bring_up_to_date, page_path, published_page, write_index
from grader.course.summary import Overview
from grader.course.writing import write_whole
from grader.errors import UnusableError
from grader.lazily import mapped
from grader.platforms import PLATFORMS
from grader.platforms.filling import of_some
from grader.platforms.platform import GradedCourse, Sheet, SheetError
from grader.report.course import Entry
from grader.report.gradebook import Columns, gradebook_lines
from grader.report.index import to_index_pages

_OUTDATED_COPY = (
    f"The folder {FOLDER} is of an earlier grading and may differ from what holds now: give "
    "--anonymous again, or delete it."
)


_PAGES = "Students' pages are no files in a large course: `grade page {} STUDENT` writes one."
NOBODY = "Nobody's points are known to have changed, so no file for a platform is written."


class PublishError(UnusableError):
    """A file of the platform's can't be used; results and gradebook are written all the same."""


@dataclass
class Published:
    """The files that were written, and what a person must know about them.

    Attributes:
        folder: the folder for everything.
        files: in the order in which a person wants them.
        notices: sentences about what was written.
        problems: sentences about what could not be written.
        overview: of the course that was written.
    """

    folder: Path
    files: list[Path] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    overview: Overview = field(default_factory=Overview)

    def write(self, name: str | Path, content: bytes | Iterable[bytes]) -> None:
        """Write a file of that name in the folder.

        Raises:
            StoreError: it can't be written.
        """
        write_whole(self.folder / name, content)
        self.files.append(self.folder / name)


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


def publish(
    contents: Contents, course: str, entries: Sequence[Entry], options: CourseOptions
) -> Published:
    """Write everything that was asked for.

    It passes over the entries once for pages, once for the gradebook, and as often as the course's
    page does; `changed.csv` reads what the last grading changed. Each pass over a large course
    reads all results anew.

    Args:
        contents: of the folder for everything.
        course: the path of what was graded; it need not be there any more.
        entries: the graded submissions.
        options: what was asked for.

    Raises:
        StoreError: something can't be written.
    """
    done, columns = Published(contents.folder), Columns()
    entries = mapped(partial(_told_so_much, options), entries)
    addresses = {}
    for entry in entries:
        bring_up_to_date(contents, entry)
        if contents.keeps_all:  # else no page is a file
            addresses[entry.name] = f"students/{page_path(entry.name).name}"
        columns.add(entry.result)
        done.overview.add(entry)
    contents.flush()
    titles = ASSIGNMENT.misconception_titles()
    index = to_index_pages(entries, addresses, ASSIGNMENT.title, titles)
    done.files.append(write_index(done.folder, index))
    if contents.keeps_all:
        done.files.append((done.folder / page_path("")).parent)
    else:
        done.notices.append(_PAGES.format(done.folder))
    if options.anonymous:
        done.files.append(write_anonymous(contents, entries, titles))
    elif (done.folder / FOLDER).exists():
        done.notices.append(_OUTDATED_COPY)
    done.write("gradebook.csv", gradebook_lines(entries, columns))
    changed = _changed(contents, done)
    given = [it for it in entries if it.name in changed] if options.changed_only else entries
    zeros, replaces = options.ungradable_as_zero, options.replace_grades
    page = partial(published_page, contents)
    graded = GradedCourse(given, options.values, page, Path(course), zeros, replaces)
    _fill_sheets(graded, options, done)
    return done


def _told_so_much(options: CourseOptions, entry: Entry) -> Entry:
    return replace(entry, feedback=options.feedback)


def _changed(contents: Contents, done: Published) -> frozenset[str]:
    """Write whom the last grading changed; return their names, none where that isn't known."""
    try:
        last = read_last_grading(contents)
    except CompareError as error:
        done.problems.append(f"changed.csv is not written. {error}")
        return frozenset()
    if last is None:
        return frozenset()
    done.write("changed.csv", changes_to_csv(last.changes))
    return last.changed


def _fill_sheets(graded: GradedCourse, options: CourseOptions, done: Published) -> None:
    """Write the platforms' files that were asked for."""
    if options.changed_only and not graded.entries:
        done.notices.append(NOBODY)
        return
    for sheet in _sheets():
        if sheet.flag not in options.flags:
            done.notices += _outdated(done.folder, sheet)
            continue
        try:
            contents, notices = sheet.fill(graded)
        except SheetError as error:
            done.problems.append(str(error))
            done.notices += _outdated(done.folder, sheet)
            continue
        done.notices += of_some(notices) if options.changed_only else notices
        for name, content in zip(sheet.files, contents, strict=True):
            done.write(name, content)


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
