"""Moodle: the instructor's grading worksheet filled in place, and the zip of feedback files."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from grader.platforms.csv_edit import Field, delimiter, replaced, rows, written
from grader.platforms.sheets import Filling, both_sides, key_of
from grader.report.course import Entry
from grader.report.plain import to_plain
from grader.submission.kinds import encoding_of
from grader.untrusted_text import clean

MAX_FEEDBACK = 5_000

_PARTICIPANT = re.compile(r"[^\d,;@]*[^\d\s,;@]\s?(\d+)")
"""'Participant 12345', whatever the word is in the language of the site."""
_NUMBER = re.compile(r"\d+([.,]\d+)?")
_FEEDBACK = re.compile(r"feedback|comment|kommentar|coment|commento|opmerking", re.IGNORECASE)
_DATE = re.compile(r"-|.{4,60}\d[:.h]\d\d.{0,10}")
"""What a column of dates holds, in whatever language: a dash, or something with a time of day."""
_GROUP = re.compile(
    r"gro?up\w*|grup\w*|groep\w*|groupe|team|equipo?|equipe|ryhm\w*|csoport|skupin\w*"
    r"|групп\w*|група|ομάδα|グループ|组别?|小组|組|그룹",
    re.IGNORECASE,
)
"""The header of the column for teams, which only a sheet of team submissions has."""
_OTHER_ENCODING = (
    "The worksheet was saved by a spreadsheet in another encoding than UTF-8, and filled in that. "
    "Moodle reads UTF-8 alone: if its import refuses the file, download the worksheet again."
)
_WIDE = (
    "The worksheet was saved by a spreadsheet in UTF-16, which Moodle doesn't read: it is filled "
    "and written as UTF-8."
)
_FIXED_DATE = (2000, 1, 1, 0, 0, 0)


class WorksheetError(Exception):
    """The worksheet can't be filled; says what is missing and what to do."""


@dataclass(frozen=True)
class Columns:
    """Where the columns are; None for one that the worksheet doesn't have."""

    identifier: int
    grade: int
    feedback: int | None
    maximum: int | None
    group: int | None = None


def fill_worksheet(
    worksheet: bytes,
    entries: Sequence[Entry],
    grade_header: str | None = None,
    feedback_header: str | None = None,
    zeros: bool = False,
) -> tuple[bytes, list[str]]:
    """The worksheet with grades and feedback comments; every other byte stays.

    A student is found by the number in their Identifier, which is also in the names of Moodle's
    download, and a team by its name in the worksheet's column of groups. Whoever has no such number
    is found by the full name, if nobody else is called so. Points that are open stay
    as they are in the sheet: those of a grader error, and of what could not be graded. A decimal
    comma is written where the worksheet's own numbers have one.

    Args:
        worksheet: the file as downloaded.
        entries: the course.
        grade_header: header of the column for the points; None looks for 'Grade', or for the
            column before the maximum.
        feedback_header: header of the column for comments; None looks for one that says so.
        zeros: whether who could not be graded gets a 0.

    Returns:
        The new file, and notices for a person.

    Raises:
        WorksheetError: it isn't such a file, or nobody of the course is in it.
    """
    text, encoding = _decoded(worksheet)
    separator = delimiter(text)
    try:
        table = rows(text, separator)
    except ValueError as error:
        raise WorksheetError(f"The worksheet can't be read: {error}.") from error
    if len(table) < 2:
        raise WorksheetError("The worksheet has no students: download it from Moodle again.")
    columns = _columns(table, grade_header, feedback_header)
    body = table[1:]
    found = {entry.name: _rows_of(entry, body, columns) for entry in entries}
    for entry in entries:
        if not found[entry.name] and not _is_from_moodle(entry):
            found[entry.name] = _row_called(entry, body, columns)
    if entries and not any(found.values()):
        raise WorksheetError(
            "Nobody of the course is in Moodle's worksheet, so it is not filled: "
            f"{both_sides([e.called for e in entries], [_student(r, body, columns) for r in body])}"
            ". Grade the folder or zip that Moodle's 'Download all submissions' made: numbers in "
            "its names tell who is who."
        )
    filling = Filling("worksheet", zeros)
    comma = any("," in field.value for row in body for field in _numbers(row, columns))
    changes: list[tuple[Field, str]] = []
    times = Counter(at for places in found.values() for at in places)
    for entry in entries:
        if not found[entry.name]:
            filling.strangers.append(entry.called)
        elif not _is_from_moodle(entry) and times[found[entry.name][0]] == 1:
            filling.named.append(entry.called)
        for row in (body[at] for at in found[entry.name] if times[at] == 1):
            points = filling.points(entry, row[columns.grade].value, comma)
            if points is not None:
                changes.append(_change(row[columns.grade], points, separator))
            if entry.result.status == "grader_error":
                continue
            for cell in _cells(row, columns.feedback):
                told = as_html(to_plain(entry.result, entry.overrides, MAX_FEEDBACK))
                filling.comment(entry, cell.value, told)
                changes.append(_change(cell, told, separator))
    if entries:
        most = {field.value for row in body for field in _cells(row, columns.maximum)}
        filling.compare(most, entries[0].result.max_points)
        for at, row in enumerate(body):
            if times[at] != 1:
                whose = filling.claimed_twice if times[at] else filling.absent
                whose.append(_student(row, body, columns))
    # What the sheet's own encoding has no sign for can only be in comments, which are HTML.
    kept = "cp1252" if encoding == "cp1252" else "utf-8"
    content = replaced(text, changes).encode(kept, "xmlcharrefreplace")
    notices = []
    if entries and encoding != "utf-8":
        notices.append(_OTHER_ENCODING if kept == encoding else _WIDE)
    return content, [*notices, *_notices(table, columns), *filling.notices()]


def _is_from_moodle(entry: Entry) -> bool:
    return any(student.platform == "moodle" for student in entry.students)


def _rows_of(entry: Entry, body: Sequence[Sequence[Field]], columns: Columns) -> list[int]:
    """The places of the rows that a submission is for."""
    known = [student for student in entry.students if student.platform == "moodle"]
    ids, names = {student.id for student in known}, {key_of(student.name) for student in known}
    usable = [at for at, row in enumerate(body) if columns.grade < len(row)]
    groups = {at: key_of(f.value) for at in usable for f in _cells(body[at], columns.group)}
    own = [at for at in usable if groups.get(at) and groups[at] in names]
    if own:
        return own
    own = [at for at in usable if _participant(body[at], columns.identifier) in ids]
    if any(groups.values()):
        # A team's number is none of a participant, though it may be the same.
        own = [at for at in own if names & {key_of(field.value) for field in body[at]}]
    return own


def _row_called(entry: Entry, body: Sequence[Sequence[Field]], columns: Columns) -> list[int]:
    """The place of the row with the full name of an entry that has no participant's number.

    The name stands behind the identifier. In a sheet of teams names don't tell who handed in.
    Places are there twice where several rows have one name: then none of them is to be filled.
    """
    at = columns.identifier + 1
    if columns.group is not None or at in (columns.grade, columns.feedback, columns.maximum):
        return []
    wanted = {key_of(student.name) for student in entry.students}
    usable = [row for row in range(len(body)) if max(at, columns.grade) < len(body[row])]
    found = [row for row in usable if key_of(body[row][at].value) in wanted]
    names = {key_of(body[row][at].value) for row in found}
    return found if len(names) == len(found) else 2 * found


def _student(row: Sequence[Field], body: Sequence[Sequence[Field]], columns: Columns) -> str:
    """How the sheet calls a student: by the name behind the identifier, if there are names."""
    at = columns.identifier + 1
    names = [other[at].value for other in body if at < len(other)]
    identifier = row[columns.identifier].value.strip()
    is_name = at not in (columns.grade, columns.group) and len({*names}) == len(names)
    name = row[at].value.strip() if is_name and at < len(row) else ""
    return f"{name} ({identifier})" if name else identifier


def _change(field: Field, value: str, separator: str) -> tuple[Field, str]:
    return field, written(value, separator, field)


def as_html(text: str) -> str:
    """Plain text for Moodle's comment field, which takes HTML: escaped, on one line."""
    text = clean(text, max(1, len(text)))  # a reader of CSV may refuse what has a NUL in it
    return html.escape(text, quote=False).replace("\r", "").replace("\n", "<br>")


def _decoded(worksheet: bytes) -> tuple[str, str]:
    """The text, a byte order mark included, and its encoding.

    Raises:
        WorksheetError: it is no text.
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
    raise WorksheetError("The worksheet is no UTF-8 text: download it from Moodle as a CSV again.")


def _participant(row: Sequence[Field], column: int) -> str:
    match = _PARTICIPANT.fullmatch(row[column].value.strip()) if column < len(row) else None
    return match[1] if match else ""


def _numbers(row: Sequence[Field], columns: Columns) -> list[Field]:
    return [*_cells(row, columns.grade), *_cells(row, columns.maximum)]


def _cells(row: Sequence[Field], at: int | None) -> list[Field]:
    """The cell of that column; none if the row or the worksheet has no such."""
    return [row[at]] if at is not None and at < len(row) else []


def _columns(
    table: Sequence[Sequence[Field]], grade_header: str | None, feedback_header: str | None
) -> Columns:
    headers = [field.value.strip('\ufeff "').casefold() for field in table[0]]
    body = table[1:]
    identifier = next(
        (at for at in range(len(headers)) if all(_participant(row, at) for row in body)), None
    )
    if identifier is None:
        raise WorksheetError(
            "The worksheet has no column of identifiers such as 'Participant 123': "
            "give the grading worksheet that Moodle offers for download."
        )
    maximum = next(
        (at for at, header in enumerate(headers) if header in ("maximum grade", "max grade")), None
    )
    if maximum is None:
        maximum = next((at for at in range(1, len(headers)) if _is_maximum(body, at)), None)
    if grade_header is not None:
        grade = _named(headers, grade_header)
    elif "grade" in headers:
        grade = headers.index("grade")
    elif maximum is not None:
        grade = maximum - 1
    else:
        raise WorksheetError(
            "The worksheet's column for grades can't be told: name its header with --grade-header."
        )
    if feedback_header is not None:
        feedback: int | None = _named(headers, feedback_header)
    else:
        feedback = next((at for at, h in enumerate(headers) if h == "feedback comments"), None)
        if feedback is None and _is_feedback(headers, body, {identifier, grade, maximum}):
            feedback = len(headers) - 1
    taken = {identifier, grade, feedback, maximum}
    group = next((at for at, h in enumerate(headers) if _GROUP.fullmatch(h)), None)
    return Columns(identifier, grade, feedback, maximum, None if group in taken else group)


def _named(headers: Sequence[str], header: str) -> int:
    wanted = header.strip().casefold()
    if wanted not in headers:
        raise WorksheetError(f"The worksheet has no column '{header}': copy its header exactly.")
    return headers.index(wanted)


def _is_feedback(
    headers: Sequence[str], body: Sequence[Sequence[Field]], taken: Collection[int | None]
) -> bool:
    """Whether the last column is for comments, as it is in every language where they are on.

    Where they are off it is the date of the last change.
    """
    last = len(headers) - 1
    if last in taken:
        return False
    cells = [row[last].value.strip() for row in body if last < len(row)]
    return bool(_FEEDBACK.search(headers[last])) or not all(map(_DATE.fullmatch, cells))


def _is_maximum(body: Sequence[Sequence[Field]], at: int) -> bool:
    """Whether it is the column of maximum grades: one number for all, behind a free column."""
    values = {row[at].value.strip() if at < len(row) else "" for row in body}
    before = {row[at - 1].value.strip() for row in body if at <= len(row)}
    free = all(not value or value == "-" or _NUMBER.fullmatch(value) for value in before)
    return len(values) == 1 and free and all(_NUMBER.fullmatch(value) for value in values)


def _notices(table: Sequence[Sequence[Field]], columns: Columns) -> list[str]:
    if columns.feedback is not None:
        return []
    return [
        "The worksheet's column for feedback comments can't be told, so only grades are filled in: "
        f"name its header with --feedback-header ({', '.join(f.value for f in table[0][-2:])}?)."
    ]


def feedback_zip(entries: Sequence[Entry], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """The zip of feedback files that Moodle takes, under the names of its own download.

    Args:
        entries: the course; whoever is not from Moodle is left out.
        files: entry's name -> name and content of the file for the student; where there is none,
            ``feedback.txt`` holds the result as text.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            told = to_plain(entry.result, entry.overrides).encode()
            name, content = files.get(entry.name, ("feedback.txt", told))
            prefixes = (one.prefix for one in entry.students if one.platform == "moodle")
            for prefix in dict.fromkeys(prefixes):
                info = zipfile.ZipInfo(f"{prefix}{name}", _FIXED_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, content)
    return buffer.getvalue()
