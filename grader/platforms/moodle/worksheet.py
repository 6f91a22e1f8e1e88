"""The instructor's grading worksheet, filled in place: every byte but grades and comments stays."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence

from grader.platforms.csv_edit import Field, replaced, written
from grader.platforms.filling import Filling, both_sides
from grader.platforms.moodle.columns import Columns, Row, value_of
from grader.platforms.moodle.rows import (
    Worksheet,
    is_from_moodle,
    places_of,
    read_worksheet,
    rows_of_another,
    student_in,
)
from grader.platforms.moodle.times import on_dates
from grader.platforms.platform import SheetError
from grader.report.course import Entry
from grader.report.plain import to_plain
from grader.untrusted_text import clean

MAX_FEEDBACK = 5_000

_OTHER_ENCODING = (
    "The worksheet was saved by a spreadsheet in another encoding than UTF-8, and filled in that. "
    "Moodle reads UTF-8 alone: if its import refuses the file, download the worksheet again."
)
_WIDE = (
    "The worksheet was saved by a spreadsheet in UTF-16, which Moodle doesn't read: it is filled "
    "and written as UTF-8."
)


def fill_worksheet(
    worksheet: bytes,
    entries: Sequence[Entry],
    grade_header: str | None = None,
    feedback_header: str | None = None,
    zeros: bool = False,
    replace: bool = False,
) -> tuple[bytes, list[str]]:
    """Return the worksheet with grades and feedback comments; every other byte stays.

    A student is found by the number in their Identifier, which is also in the names of Moodle's
    download, and a team by its name in the worksheet's column of groups. Whoever has no such number
    is found by the full name, if nobody else is called so. Points that are open stay as they are in
    the sheet: those of a grader error, and of what could not be graded. So do points and comments
    that it has already, unless ``replace``. A decimal comma is written where its own numbers have
    one.

    Args:
        worksheet: the file as downloaded.
        entries: the course.
        grade_header: header of the column for the points; None looks for 'Grade', or for the
            column before the maximum.
        feedback_header: header of the column for comments; None looks for one that says so.
        zeros: whether who could not be graded gets a 0.
        replace: whether other points and comments in the sheet are replaced.

    Returns:
        The new file, and notices for a person.

    Raises:
        SheetError: it isn't such a file, or nobody of the course is in it.
    """
    sheet = read_worksheet(worksheet, grade_header, feedback_header)
    places = {entry.name: places_of(entry.students, sheet) for entry in entries}
    if entries and not any(places.values()):
        raise _nobody(sheet, entries)
    filling = Filling("worksheet", zeros, replace)
    changes = _changes(sheet, entries, places, filling)
    content = replaced(sheet.text, changes).encode(_kept_encoding(sheet), "xmlcharrefreplace")
    notices = [*_notices_on_sheet(sheet), *on_dates(sheet)] if entries else []
    return content, [*notices, *filling.notices()]


def _nobody(sheet: Worksheet, entries: Sequence[Entry]) -> SheetError:
    theirs = [student_in(row, sheet) for row in sheet.body]
    return SheetError(
        "Nobody of the course is in Moodle's worksheet, so it is not filled: "
        f"{both_sides([entry.called for entry in entries], theirs)}"
        ". Grade the folder or zip that Moodle's 'Download all submissions' made: numbers in "
        "its names tell who is who."
    )


def _kept_encoding(sheet: Worksheet) -> str:
    """Return what the worksheet is written in.

    What a code page has no sign for can only be in comments, which are HTML.
    """
    return "cp1252" if sheet.encoding == "cp1252" else "utf-8"


def _notices_on_sheet(sheet: Worksheet) -> list[str]:
    """Return what a person must know of the file itself."""
    notices = []
    if sheet.encoding != "utf-8":
        notices.append(_OTHER_ENCODING if _kept_encoding(sheet) == sheet.encoding else _WIDE)
    if sheet.columns.feedback is None:
        last = ", ".join(cell.value for cell in sheet.header[-2:])
        notices.append(
            "The worksheet's column for feedback comments can't be told, so only grades are filled "
            f"in: name its header with --feedback-header ({last}?)."
        )
    return notices


def _changes(
    sheet: Worksheet,
    entries: Sequence[Entry],
    places: Mapping[str, Sequence[int]],
    filling: Filling,
) -> list[tuple[Field, str]]:
    """Return cells and what to write into them, and tell ``filling`` about everybody.

    ``places`` are those of an entry's rows by its name; a row that two claim is left alone.
    """
    body, columns = sheet.body, sheet.columns
    students = {entry.name: entry.students for entry in entries}
    doubtful = rows_of_another(sheet, students, places)
    numbers = (columns.grade, columns.maximum)
    has_comma = any("," in value_of(row, at) for row in body for at in numbers)
    times = Counter(at for own_rows in places.values() for at in own_rows)
    changes: list[tuple[Field, str]] = []
    for entry in entries:
        own_rows = places[entry.name]
        if not own_rows:
            filling.note("strangers", entry.called)
        elif not is_from_moodle(entry.students) and times[own_rows[0]] == 1:
            filling.note("named", entry.called)
        for row in (body[at] for at in own_rows if times[at] == 1 and at not in doubtful):
            member = student_in(row, sheet) if len(own_rows) > 1 else ""
            points = filling.points(entry, row[columns.grade].value, has_comma, member)
            if points is not None:
                changes.append((row[columns.grade], points))
            cell = _comment_cell(row, columns, entry, points)
            if cell is not None:
                comment = as_html(_comment(entry))
                new = filling.comment(member or entry.called, cell.value, comment)
                changes += [(cell, new)] if new is not None else []
    if entries:
        maxima = {value_of(row, columns.maximum) for row in body}
        filling.compare(maxima, entries[0].result.max_points)
        for at, row in enumerate(body):
            if at in doubtful:
                filling.note("of another", student_in(row, sheet))
            elif times[at] != 1:
                filling.note("claimed twice" if times[at] else "absent", student_in(row, sheet))
    return [(cell, written(value, sheet.separator, cell)) for cell, value in changes]


def _comment_cell(row: Row, columns: Columns, entry: Entry, points: str | None) -> Field | None:
    """Return the cell for the comment; None if there is none, or nothing to be said in it.

    A comment tells of points: not of those that are open, nor beside others that stay.
    """
    at, status = columns.feedback, entry.result.status
    says_others = status == "grader_error" or (status == "graded" and points is None)
    return None if at is None or at >= len(row) or says_others else row[at]


def _comment(entry: Entry) -> str:
    """Return what the student reads beside the points, and of which notebook it is."""
    name = entry.result.submission.path.replace("\\", "/").rpartition("/")[2]
    notebook = f"\n\nNotebook: {name}" if name else ""
    limit = MAX_FEEDBACK - len(notebook)
    return to_plain(entry.result, entry, limit) + notebook


def as_html(text: str) -> str:
    """Return plain text for Moodle's comment field, which takes HTML: escaped, on one line."""
    text = clean(text, max(1, len(text)))  # a reader of CSV may refuse what has a NUL in it
    return html.escape(text, quote=False).replace("\r", "").replace("\n", "<br>")
