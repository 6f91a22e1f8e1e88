"""The rows of the instructor's grading worksheet, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from grader.platforms.csv_edit import delimiter, rows
from grader.platforms.filling import key_of
from grader.platforms.moodle.columns import Columns, Row, find_columns, participant, value_of
from grader.platforms.platform import SheetError
from grader.report.course import Identity
from grader.submission.kinds import encoding_of


@dataclass(frozen=True)
class Worksheet:
    """The file as downloaded, a byte order mark included in its text, and its rows of students."""

    text: str
    encoding: str
    separator: str
    header: Row
    body: Sequence[Row]
    columns: Columns
    groups: Mapping[int, str]
    """Places of the rows that have a cell for the grade -> keys of the teams, if any."""


def read_worksheet(
    worksheet: bytes, grade_header: str | None = None, feedback_header: str | None = None
) -> Worksheet:
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
    return Worksheet(text, encoding, separator, header, body, columns, groups)


def is_from_moodle(students: Sequence[Identity]) -> bool:
    """Return whether Moodle's own names tell who handed in."""
    return any(student.platform == "moodle" for student in students)


def places_of(students: Sequence[Identity], sheet: Worksheet) -> list[int]:
    """Return the places of the rows that a submission of these students is for."""
    places = _places_by_number(students, sheet)
    return places if places or is_from_moodle(students) else _places_by_name(students, sheet)


def _places_by_number(students: Sequence[Identity], sheet: Worksheet) -> list[int]:
    body, columns = sheet.body, sheet.columns
    known = [student for student in students if student.platform == "moodle"]
    ids = {student.id for student in known}
    names = {key_of(student.name) for student in known}
    matching = [at for at, group in sheet.groups.items() if group and group in names]
    if matching:
        return matching
    matching = [at for at in sheet.groups if participant(body[at], columns.identifier) in ids]
    if any(sheet.groups.values()):
        # A team's number is none of a participant, though it may be the same.
        matching = [at for at in matching if names & {key_of(cell.value) for cell in body[at]}]
    return matching


def rows_of_another(
    sheet: Worksheet,
    course: Mapping[str, Sequence[Identity]],
    places: Mapping[str, Sequence[int]],
) -> frozenset[int]:
    """Return the rows that have the number of one student, and the name or address of another.

    Numbers are of one assignment: in the worksheet of another they are other students'.

    Args:
        sheet: the worksheet.
        course: the students of each submission, by its name.
        places: those of a submission's rows, by its name.
    """
    if any(sheet.groups.values()):
        return frozenset()
    owners: dict[str, set[str]] = {}
    for name, students in course.items():
        for student in students:
            for known in filter(None, (student.name, student.email)):
                owners.setdefault(key_of(known), set()).add(name)
    doubtful = set()
    for name, own_rows in places.items():
        for at in own_rows:
            called = (owners.get(key_of(cell.value), set()) for cell in sheet.body[at])
            whose = set().union(*called)
            if whose and name not in whose:
                doubtful.add(at)
    return frozenset(doubtful)


def _places_by_name(students: Sequence[Identity], sheet: Worksheet) -> list[int]:
    """Return the place of the row with the full name, which stands behind the identifier.

    In a sheet of teams names don't tell who handed in. Places are there twice where several rows
    have one name: then none of them is to be filled.
    """
    body, columns = sheet.body, sheet.columns
    at = columns.identifier + 1
    if columns.group is not None or at in (columns.grade, columns.feedback, columns.maximum):
        return []
    wanted = {key_of(student.name) for student in students}
    usable = [row for row in range(len(body)) if max(at, columns.grade) < len(body[row])]
    places = [row for row in usable if key_of(body[row][at].value) in wanted]
    names = {key_of(body[row][at].value) for row in places}
    return places if len(names) == len(places) else 2 * places


def student_in(row: Row, sheet: Worksheet) -> str:
    """Return what the sheet calls a student: the name behind the identifier, if it has names."""
    columns = sheet.columns
    at = columns.identifier + 1
    names = [other[at].value for other in sheet.body if at < len(other)]
    identifier = value_of(row, columns.identifier)
    is_name = at not in (columns.grade, columns.group) and len({*names}) == len(names)
    name = value_of(row, at) if is_name else ""
    return f"{name} ({identifier})" if name else identifier


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
