"""Write what a grading gives back, beside the results: gradebook, report, platforms' files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.composition import ASSIGNMENT
from grader.course.options import CourseOptions
from grader.course.store import write_whole
from grader.errors import UnusableError
from grader.platforms import PLATFORMS
from grader.platforms.platform import GradedCourse, Sheet, SheetError
from grader.report.course import Entry
from grader.report.gradebook import to_gradebook
from grader.report.index import to_index
from grader.report.page import BY_HAND, in_course, to_page
from grader.submission import Ungradable, extract, load

_HEAD = 4096
"""Bytes of a page in which its mark is, if it has one."""


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


def page_path(name: str) -> Path:
    """Return where a student's page is, seen from the folder of the grading."""
    return Path("report", "students", f"{name}.html")


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
    out: Path,
    course: Path | None,
    entries: Sequence[Entry],
    options: CourseOptions,
    notebooks: Mapping[str, Path | None],
) -> Published:
    """Write everything that was asked for.

    Args:
        out: the folder for everything.
        course: what was graded; None if it isn't at hand.
        entries: the graded submissions.
        options: what was asked for.
        notebooks: the files that were graded, by entry's name, to show the students' code.

    Raises:
        StoreError: something can't be written.
    """
    done = Published()

    def write(name: str | Path, content: bytes) -> None:
        write_whole(out / name, content)
        done.files.append(out / name)

    pages = {entry.name: _page(out, entry, notebooks.get(entry.name)) for entry in entries}
    addresses = {name: f"students/{path.name}" for name, path in pages.items()}
    titles = {it.id: it.general_title for it in ASSIGNMENT.misconceptions().values()}
    index = to_index(entries, addresses, ASSIGNMENT.title, titles)
    write(Path("report", "index.html"), index.encode())
    done.files.append((out / page_path("")).parent)
    write("gradebook.csv", to_gradebook(entries))
    graded = GradedCourse(
        entries, options.values, pages, course, options.ungradable_as_zero, options.replace_grades
    )
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


def _page(out: Path, entry: Entry, notebook: Path | None) -> Path:
    """Return the student's page, with the points that hold now.

    Grading wrote it as the grader found it. It is written anew where points were set by hand,
    where that was so and is no more, and where it is gone.
    """
    path = out / page_path(entry.name)
    try:
        with open(path, "rb") as file:
            differs = bool(entry.overrides) or BY_HAND.encode() in file.read(_HEAD)
    except OSError:
        differs = True
    if differs:
        sources, executed = _sources(entry, notebook), _executed(out, entry)
        names = ", ".join(student.name for student in entry.students)
        page = to_page(entry.result, ASSIGNMENT.title, sources, executed, entry.overrides, names)
        write_whole(path, in_course(page).encode())
    return path


def _sources(entry: Entry, notebook: Path | None) -> Mapping[str, str]:
    """Return the methods that were graded; none if the notebook isn't the graded one any more."""
    try:
        read = load(notebook) if notebook else None
        if read is None or read.sha256 != entry.result.submission.sha256:
            return {}
        return extract(read, ASSIGNMENT).sources
    except Ungradable:
        return {}


def _executed(out: Path, entry: Entry) -> str | None:
    """Return the executed notebook; None if it wasn't executed in the grading that counts."""
    if entry.result.run.status == "not_run":
        return None
    try:
        return (out / "executed" / f"{entry.name}.ipynb").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
