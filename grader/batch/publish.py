"""Write what a grading gives back, beside the results: gradebook, report, platforms' files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from grader.batch.options import CourseOptions
from grader.batch.store import write_whole
from grader.report.canvas import CanvasError, fill_gradebook
from grader.report.course import Entry
from grader.report.gradebook import to_gradebook
from grader.report.index import to_index
from grader.report.moodle import WorksheetError, feedback_zip, fill_worksheet
from grader.report.nbgrader import to_nbgrader
from grader.report.page import BY_HAND, to_page
from grader.submission import Slice, Ungradable, extract, load

_HEAD = 4096
"""Bytes of a page in which its mark is, if it has one."""


class PublishError(Exception):
    """A file of the platform's can't be used; results and gradebook are written all the same."""


def page_path(name: str) -> Path:
    """Where a student's page is, seen from the folder of the grading."""
    return Path("report", "students", f"{name}.html")


def require_sheets(options: CourseOptions) -> None:
    """Refuse platforms' files that can't be filled, before anything is graded.

    Raises:
        PublishError: one can't be read or is none.
    """
    try:
        if options.moodle is not None:
            headers = options.grade_header, options.feedback_header
            fill_worksheet(_read(options.moodle), (), *headers)
        if options.canvas is not None:
            fill_gradebook(_read(options.canvas), (), options.canvas_assignment)
    except (WorksheetError, CanvasError) as error:
        raise PublishError(str(error)) from error


def publish(
    out: Path,
    entries: Sequence[Entry],
    options: CourseOptions,
    notebooks: Mapping[str, Path | None],
) -> list[str]:
    """Write everything that was asked for; returns notices for a person.

    ``notebooks`` are the files that were graded, by entry's name, to show the students' code.

    Raises:
        PublishError: the platform's file can't be read or is none.
        StoreError: something can't be written.
    """
    write_whole(out / "gradebook.csv", to_gradebook(entries))
    pages = {entry.name: _page(out, entry, notebooks.get(entry.name)) for entry in entries}
    _remove_second_pages(out, pages.values())
    addresses = {name: f"students/{path.name}" for name, path in pages.items()}
    write_whole(out / "report" / "index.html", to_index(entries, addresses).encode())
    notices: list[str] = []
    if options.nbgrader is not None:
        write_whole(out / "grades.csv", to_nbgrader(entries, options.nbgrader))
    try:
        if options.moodle is not None:
            filled, notices = fill_worksheet(
                _read(options.moodle), entries, options.grade_header, options.feedback_header
            )
            write_whole(out / "moodle_worksheet.csv", filled)
            files = {name: ("feedback.html", path.read_bytes()) for name, path in pages.items()}
            write_whole(out / "moodle_feedback.zip", feedback_zip(entries, files))
        if options.canvas is not None:
            content = _read(options.canvas)
            filled, more = fill_gradebook(content, entries, options.canvas_assignment)
            write_whole(out / "canvas_gradebook.csv", filled)
            notices += more
    except (WorksheetError, CanvasError) as error:
        raise PublishError(str(error)) from error
    return notices


def _page(out: Path, entry: Entry, notebook: Path | None) -> Path:
    """The student's page, with the points that hold now.

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
        code, executed = _code(entry, notebook), _executed(out, entry)
        page = to_page(entry.result, code, executed, entry.overrides)
        write_whole(path, page.encode())
    return path


def _remove_second_pages(out: Path, pages: Collection[Path]) -> None:
    """Earlier graders wrote a second page where points were set by hand; it says what was."""
    for path in (out / page_path("*")).parent.glob("*.by-hand.html"):
        if path not in pages:
            path.unlink(missing_ok=True)


def _code(entry: Entry, notebook: Path | None) -> Slice | None:
    """The code that was graded; None if the notebook isn't the one that was graded any more."""
    try:
        read = load(notebook) if notebook else None
        if read is None or read.sha256 != entry.result.submission.sha256:
            return None
        return extract(read)
    except Ungradable:
        return None


def _executed(out: Path, entry: Entry) -> str | None:
    """The executed notebook; None if it wasn't executed in the grading that counts."""
    if entry.result.run.status == "not_run":
        return None
    try:
        return (out / "executed" / f"{entry.name}.ipynb").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PublishError(f"{path} can't be read: {error.strerror}.") from error
