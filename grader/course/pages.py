"""The students' pages in a folder of results, which follow what holds now."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grader.composition import ASSIGNMENT
from grader.course.contents import Contents
from grader.course.kept_code import read_code
from grader.course.writing import write_whole
from grader.report.course import Entry
from grader.report.index_rows import FILES
from grader.report.page import BY_HAND, in_course, is_decided, level_of, to_page
from grader.report.result import Result

INDEX = Path("report", "index.html")
"""Where the course's page is, seen from the folder of the grading."""
_HEAD = 4096
"""Bytes of a page in which its marks are, if it has any."""


def write_index(folder: Path, files: Iterable[tuple[str, str]]) -> Path:
    """Write the course's page, with what belongs to it; return its path.

    Pages of rows that an earlier, larger course left are removed.

    Args:
        folder: that of the grading, or another with the same places.
        files: names and texts; each is written before the next one is asked for.

    Raises:
        StoreError: one can't be written.
    """
    index, written = folder / INDEX, set()
    for name, text in files:
        write_whole(index.with_name(name), text.encode())
        written.add(name)
    for path in index.parent.glob(FILES):
        if path.name not in written:
            with suppress(OSError):
                path.unlink()
    return index


def page_path(name: str) -> Path:
    """Return where a student's page is, seen from the folder of the grading."""
    return Path("report", "students", f"{name}.html")


def executed_path(name: str) -> Path:
    """Return where an executed notebook is, seen from the folder of the grading."""
    return Path("executed", f"{name}.ipynb")


def is_page_kept(contents: Contents, result: Result) -> bool:
    """Return whether a submission's page and executed notebook are kept.

    In a large course they are where there is something to look at; other pages are made when
    somebody asks for them.
    """
    is_whole = result.status == "graded" and not result.is_open
    return contents.keeps_all or not is_whole or result.points < result.max_points


def bring_up_to_date(contents: Contents, entry: Entry) -> None:
    """Write a student's page anew where it doesn't show what holds now, if it is kept.

    Grading wrote it as the grader found it, with all that it found. It is written anew where a
    person decided something, where that was so and is no more, where an earlier total counts, where
    it shows more or less than the student is to be told, and where it is gone.

    Raises:
        StoreError: it can't be written.
    """
    path = page_path(entry.name)
    is_kept = is_page_kept(contents, entry.result) or contents.exists(path)
    if is_kept and not _is_up_to_date(contents, entry):
        contents.write(path, _made(contents, entry))


def page_of(contents: Contents, entry: Entry) -> bytes:
    """Return a student's page, which shows what holds now, and as much as is asked for."""
    if _is_up_to_date(contents, entry):
        return contents.read(page_path(entry.name))
    return _made(contents, entry)


def published_page(contents: Contents, entry: Entry) -> bytes:
    """Return a student's page as the course's pages were just brought up to date."""
    try:
        return contents.read(page_path(entry.name))
    except FileNotFoundError:
        return _made(contents, entry)


def _is_up_to_date(contents: Contents, entry: Entry) -> bool:
    try:
        head = contents.read(page_path(entry.name), _HEAD)
    except OSError:
        return False
    is_kept = entry.result.other_grading is not None  # which grading could not say then
    is_by_hand = is_decided(entry) or BY_HAND.encode() in head
    return not (is_kept or is_by_hand or level_of(head) != entry.feedback)


def _made(contents: Contents, entry: Entry) -> bytes:
    methods, executed = read_code(contents, entry.name).methods, executed_text(contents, entry)
    page = to_page(entry.result, ASSIGNMENT.title, methods, executed, entry)
    return in_course(page).encode()


def executed_text(contents: Contents, entry: Entry) -> str | None:
    """Return the executed notebook; None if it wasn't executed in the grading that counts."""
    if entry.result.run.status == "not_run":
        return None
    try:
        return contents.read(executed_path(entry.name)).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
