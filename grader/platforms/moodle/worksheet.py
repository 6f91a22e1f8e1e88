"""The instructor's grading worksheet, filled in place: every byte but grades and comments stays."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from grader.platforms.csv_edit import Field, delimiter, replaced, rows, written
from grader.platforms.filling import Filling, both_sides, key_of
from grader.platforms.moodle.columns import Columns, Row, find_columns, participant, value_of
from grader.platforms.platform import SheetError
from grader.report.course import Entry
from grader.report.plain import to_plain
from grader.submission.kinds import encoding_of
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


@dataclass(frozen=True)
class _Worksheet:
    """The file as downloaded, a byte order mark included in its text, and its rows of students."""

    text: str
    encoding: str
    separator: str
    header: Row
    body: Sequence[Row]
    columns: Columns
    groups: Mapping[int, str]
    """Places of the rows that have a cell for the grade -> keys of the teams, if any."""


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
    sheet = _read(worksheet, grade_header, feedback_header)
    places = {entry.name: _places_of(entry, sheet) for entry in entries}
    if entries and not any(places.values()):
        raise _nobody(sheet, entries)
    filling = Filling("worksheet", zeros, replace)
    changes = _changes(sheet, entries, places, filling)
    content = replaced(sheet.text, changes).encode(_kept_encoding(sheet), "xmlcharrefreplace")
    notices = _notices_on_sheet(sheet) if entries else []
    return content, [*notices, *filling.notices()]


def _nobody(sheet: _Worksheet, entries: Sequence[Entry]) -> SheetError:
    theirs = [_student(row, sheet) for row in sheet.body]
    return SheetError(
        "Nobody of the course is in Moodle's worksheet, so it is not filled: "
        f"{both_sides([entry.called for entry in entries], theirs)}"
        ". Grade the folder or zip that Moodle's 'Download all submissions' made: numbers in "
        "its names tell who is who."
    )


def _kept_encoding(sheet: _Worksheet) -> str:
    """Return what the worksheet is written in.

    What a code page has no sign for can only be in comments, which are HTML.
    """
    return "cp1252" if sheet.encoding == "cp1252" else "utf-8"


def _notices_on_sheet(sheet: _Worksheet) -> list[str]:
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


def _read(worksheet: bytes, grade_header: str | None, feedback_header: str | None) -> _Worksheet:
    """Return the worksheet as a table.

    Raises:
        SheetError: it isn't such a file.
    """
    text, encoding = _decoded(worksheet)
    separator = delimiter(text)
    try:
        table = rows(text, separator)
    except ValueError as error:
        raise SheetError(f"The worksheet can't be read: {error}.") from error
    if len(table) < 2:
        raise SheetError("The worksheet has no students: download it from Moodle again.")
    columns = find_columns(table, grade_header, feedback_header)
    header, *body = table
    groups = {
        at: key_of(value_of(row, columns.group))
        for at, row in enumerate(body)
        if columns.grade < len(row)
    }
    return _Worksheet(text, encoding, separator, header, body, columns, groups)


def _changes(
    sheet: _Worksheet,
    entries: Sequence[Entry],
    places: Mapping[str, Sequence[int]],
    filling: Filling,
) -> list[tuple[Field, str]]:
    """Return cells and what to write into them, and tell ``filling`` about everybody.

    ``places`` are those of an entry's rows by its name; a row that two claim is left alone.
    """
    body, columns = sheet.body, sheet.columns
    doubtful = _of_another(sheet, entries, places)
    numbers = (columns.grade, columns.maximum)
    has_comma = any("," in value_of(row, at) for row in body for at in numbers)
    times = Counter(at for own_rows in places.values() for at in own_rows)
    changes: list[tuple[Field, str]] = []
    for entry in entries:
        own_rows = places[entry.name]
        if not own_rows:
            filling.note("strangers", entry.called)
        elif not _is_from_moodle(entry) and times[own_rows[0]] == 1:
            filling.note("named", entry.called)
        for row in (body[at] for at in own_rows if times[at] == 1 and at not in doubtful):
            member = _student(row, sheet) if len(own_rows) > 1 else ""
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
                filling.note("of another", _student(row, sheet))
            elif times[at] != 1:
                filling.note("claimed twice" if times[at] else "absent", _student(row, sheet))
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


def _is_from_moodle(entry: Entry) -> bool:
    return any(student.platform == "moodle" for student in entry.students)


def _places_of(entry: Entry, sheet: _Worksheet) -> list[int]:
    """Return the places of the rows that a submission is for."""
    places = _places_by_number(entry, sheet)
    return places if places or _is_from_moodle(entry) else _places_by_name(entry, sheet)


def _places_by_number(entry: Entry, sheet: _Worksheet) -> list[int]:
    body, columns = sheet.body, sheet.columns
    students = [student for student in entry.students if student.platform == "moodle"]
    ids = {student.id for student in students}
    names = {key_of(student.name) for student in students}
    matching = [at for at, group in sheet.groups.items() if group and group in names]
    if matching:
        return matching
    matching = [at for at in sheet.groups if participant(body[at], columns.identifier) in ids]
    if any(sheet.groups.values()):
        # A team's number is none of a participant, though it may be the same.
        matching = [at for at in matching if names & {key_of(cell.value) for cell in body[at]}]
    return matching


def _of_another(
    sheet: _Worksheet, entries: Sequence[Entry], places: Mapping[str, Sequence[int]]
) -> frozenset[int]:
    """Return the rows that have the number of one student, and the name or address of another.

    Numbers are of one assignment: in the worksheet of another they are other students'.
    """
    if any(sheet.groups.values()):
        return frozenset()
    owners: dict[str, set[str]] = {}
    for entry in entries:
        for student in entry.students:
            for known in filter(None, (student.name, student.email)):
                owners.setdefault(key_of(known), set()).add(entry.name)
    doubtful = set()
    for name, own_rows in places.items():
        for at in own_rows:
            called = (owners.get(key_of(cell.value), set()) for cell in sheet.body[at])
            whose = set().union(*called)
            if whose and name not in whose:
                doubtful.add(at)
    return frozenset(doubtful)


def _places_by_name(entry: Entry, sheet: _Worksheet) -> list[int]:
    """Return the place of the row with the full name, which stands behind the identifier.

    In a sheet of teams names don't tell who handed in. Places are there twice where several rows
    have one name: then none of them is to be filled.
    """
    body, columns = sheet.body, sheet.columns
    at = columns.identifier + 1
    if columns.group is not None or at in (columns.grade, columns.feedback, columns.maximum):
        return []
    wanted = {key_of(student.name) for student in entry.students}
    usable = [row for row in range(len(body)) if max(at, columns.grade) < len(body[row])]
    places = [row for row in usable if key_of(body[row][at].value) in wanted]
    names = {key_of(body[row][at].value) for row in places}
    return places if len(names) == len(places) else 2 * places


def _student(row: Row, sheet: _Worksheet) -> str:
    """Return what the sheet calls a student: the name behind the identifier, if it has names."""
    columns = sheet.columns
    at = columns.identifier + 1
    names = [other[at].value for other in sheet.body if at < len(other)]
    identifier = value_of(row, columns.identifier)
    is_name = at not in (columns.grade, columns.group) and len({*names}) == len(names)
    name = value_of(row, at) if is_name else ""
    return f"{name} ({identifier})" if name else identifier


def as_html(text: str) -> str:
    """Return plain text for Moodle's comment field, which takes HTML: escaped, on one line."""
    text = clean(text, max(1, len(text)))  # a reader of CSV may refuse what has a NUL in it
    return html.escape(text, quote=False).replace("\r", "").replace("\n", "<br>")


def _decoded(worksheet: bytes) -> tuple[str, str]:
    """Return the text, a byte order mark included, and its encoding.

    Raises:
        SheetError: it is no text.
    """
    wide = encoding_of(worksheet)
    if not wide.startswith("utf-8"):
        with suppress(UnicodeDecodeError):
            return "\ufeff" + worksheet.decode(wide).removeprefix("\ufeff"), wide
    for encoding in ("utf-8", "cp1252"):
        try:
            text = worksheet.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise SheetError("The worksheet is no UTF-8 text: download it from Moodle as a CSV again.")
