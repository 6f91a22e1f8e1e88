"""Write what a grading gives back, beside the results: gradebook, report, platforms' files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.batch.options import CourseOptions
from grader.batch.store import write_whole
from grader.report.canvas import CanvasError, fill_gradebook
from grader.report.course import Entry
from grader.report.gradebook import to_gradebook
from grader.report.index import to_index
from grader.report.moodle import WorksheetError, feedback_zip, fill_worksheet
from grader.report.nbgrader import to_nbgrader
from grader.report.page import to_page
from grader.report.plain import override_words


class PublishError(Exception):
    """A file of the platform's can't be used; results and gradebook are written all the same."""


def page_path(name: str) -> Path:
    """Where a student's page is, seen from the folder of the grading."""
    return Path("report", "students", f"{name}.html")


def publish(out: Path, entries: Sequence[Entry], options: CourseOptions) -> list[str]:
    """Write everything that was asked for; returns notices for a person.

    Raises:
        PublishError: the platform's file can't be read or is none.
        StoreError: something can't be written.
    """
    write_whole(out / "gradebook.csv", to_gradebook(entries))
    pages = _pages(out, entries)
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


def _pages(out: Path, entries: Sequence[Entry]) -> dict[str, Path]:
    """The students' pages that there are, by entry's name.

    Where points were set by hand, a second page says so; the grader's own stays beside it.
    """
    pages = {}
    for entry in entries:
        path = out / page_path(entry.name)
        if entry.overrides:
            path = path.with_name(f"{entry.name}.by-hand.html")
            told = tuple(override_words(override) for override in entry.overrides)
            result = replace(entry.result, advice=(*told, *entry.result.advice))
            write_whole(path, to_page(result).encode())
        if path.is_file():
            pages[entry.name] = path
    return pages


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PublishError(f"{path} can't be read: {error.strerror}.") from error
