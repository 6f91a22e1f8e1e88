"""Moodle: the instructor's grading worksheet filled in place, and the zip of feedback files."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.candidate.observation import clean
from grader.report.course import Entry
from grader.report.csv_text import Field, delimiter, replaced, rows, written
from grader.report.plain import to_plain

MAX_FEEDBACK = 5_000

_PARTICIPANT = re.compile(r"[^\d,;@]*[^\d\s,;@]\s?(\d+)")
"""'Participant 12345', whatever the word is in the language of the site."""
_NUMBER = re.compile(r"\d+([.,]\d+)?")
_FEEDBACK = re.compile(r"feedback|comment|kommentar|coment|commento|opmerking", re.IGNORECASE)
_FIXED_DATE = (2000, 1, 1, 0, 0, 0)


class WorksheetError(Exception):
    """The worksheet can't be filled; says what is missing and what to do."""


@dataclass(frozen=True)
class Columns:
    """Where the columns are; ``feedback`` is None if the worksheet has none."""

    identifier: int
    grade: int
    feedback: int | None
    maximum: int | None


def fill_worksheet(
    worksheet: bytes,
    entries: Sequence[Entry],
    grade_header: str | None = None,
    feedback_header: str | None = None,
) -> tuple[bytes, list[str]]:
    """The worksheet with grades and feedback comments; every other byte stays.

    A student is found by the number in their Identifier, which is also in the names of Moodle's
    download. Points that a grader error leaves open are not filled in. A decimal comma is written
    where the worksheet's own numbers have one.

    Args:
        worksheet: the file as downloaded.
        entries: the course.
        grade_header: header of the column for the points; None looks for 'Grade', or for the
            column before the maximum.
        feedback_header: header of the column for comments; None looks for one that says so.

    Returns:
        The new file, and notices for a person.

    Raises:
        WorksheetError: it isn't such a file.
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
    notices = _notices(table, columns)
    by_id = {
        student.id: entry
        for entry in entries
        for student in entry.students
        if student.platform == "moodle"
    }
    if entries and not by_id:
        notices.append("No row of the worksheet is filled: no submission came from Moodle.")
    comma = any("," in field.value for row in table[1:] for field in _numbers(row, columns))
    changes: list[tuple[Field, str]] = []
    for row in table[1:]:
        entry = by_id.pop(_participant(row, columns.identifier), None)
        if entry is None or len(row) <= columns.grade:
            continue
        if entry.result.status == "grader_error":
            notices.append(f"{entry.name} is left open: the grader failed on it.")
            continue
        points = f"{entry.result.points:.2f}"
        points = points.replace(".", ",") if comma else points
        changes.append(_change(row[columns.grade], points, separator))
        if columns.feedback is not None and columns.feedback < len(row):
            told = to_plain(entry.result, entry.overrides, MAX_FEEDBACK)
            changes.append(_change(row[columns.feedback], as_html(told), separator))
    notices += [f"{entry.name} is not in the worksheet." for entry in by_id.values()]
    return replaced(text, changes).encode(encoding), notices


def _change(field: Field, value: str, separator: str) -> tuple[Field, str]:
    return field, written(value, separator, field)


def as_html(text: str) -> str:
    """Plain text for Moodle's comment field, which takes HTML: escaped, on one line."""
    text = clean(text, max(1, len(text)))  # a reader of CSV may refuse what has a NUL in it
    return html.escape(text, quote=False).replace("\r", "").replace("\n", "<br>")


def _decoded(worksheet: bytes) -> tuple[str, str]:
    """The text, a byte order mark included, and the encoding that gives the same bytes back."""
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
    places = [place for place in (columns.grade, columns.maximum) if place is not None]
    return [row[place] for place in places if place < len(row)]


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
        # The comments are the last column in every language, if the site has them switched on.
        if feedback is None and _FEEDBACK.search(headers[-1]):
            feedback = len(headers) - 1
    return Columns(identifier, grade, feedback, maximum)


def _named(headers: Sequence[str], header: str) -> int:
    wanted = header.strip().casefold()
    if wanted not in headers:
        raise WorksheetError(f"The worksheet has no column '{header}': copy its header exactly.")
    return headers.index(wanted)


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
