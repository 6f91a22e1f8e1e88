"""Positions of the columns of Moodle's grading worksheet, in whatever language its headers are."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from grader.platforms.csv_edit import Field
from grader.platforms.platform import SheetError

_PARTICIPANT = re.compile(r"[^\d,;@]*[^\d\s,;@]\s?(\d+)")
"""'Participant 12345', whatever the word is in the language of the site."""
_NUMBER = re.compile(r"\d+([.,]\d+)?")
_FEEDBACK = re.compile(r"feedback|comment|kommentar|coment|commento|opmerking", re.IGNORECASE)
_DATE = re.compile(r"-|.{4,60}\d[:.h]\d\d.{0,10}")
"""What a column of dates holds, in whatever language: a dash, or something with a time of day."""
_SUBMITTED = "last modified (submission)"
_GROUP = re.compile(
    r"gro?up\w*|grup\w*|groep\w*|groupe|team|equipo?|equipe|ryhm\w*|csoport|skupin\w*"
    r"|групп\w*|група|ομάδα|グループ|组别?|小组|組|그룹",
    re.IGNORECASE,
)
"""The header of the column for teams, which only a sheet of team submissions has."""

Row = Sequence[Field]


@dataclass(frozen=True)
class Columns:
    """Where the columns are; None for one that the worksheet doesn't have."""

    identifier: int
    grade: int
    feedback: int | None
    maximum: int | None
    group: int | None = None
    submitted: int | None = None


def find_columns(
    table: Sequence[Row], grade_header: str | None, feedback_header: str | None
) -> Columns:
    """Find the columns of a table with a header.

    Raises:
        SheetError: those of identifiers or grades can't be told, or a header isn't there.
    """
    headers = [field.value.strip('\ufeff "').casefold() for field in table[0]]
    body = table[1:]
    identifier = next(
        (at for at in range(len(headers)) if all(participant(row, at) for row in body)), None
    )
    if identifier is None:
        raise SheetError(
            "The worksheet has no column of identifiers such as 'Participant 123': "
            "give the grading worksheet that Moodle offers for download."
        )
    named = (at for at, header in enumerate(headers) if header in ("maximum grade", "max grade"))
    by_content = (at for at in range(1, len(headers)) if _is_maximum(body, at))
    maximum = next(chain(named, by_content), None)
    grade = _grade(headers, grade_header, maximum)
    feedback: int | None
    if feedback_header is not None:
        feedback = _named(headers, feedback_header)
    elif "feedback comments" in headers:
        feedback = headers.index("feedback comments")
    else:
        is_last = _is_feedback(headers, body, {identifier, grade, maximum})
        feedback = len(headers) - 1 if is_last else None
    group = next((at for at, header in enumerate(headers) if _GROUP.fullmatch(header)), None)
    if group in (identifier, grade, feedback, maximum):
        group = None
    submitted = _submitted(headers, body, grade)
    return Columns(identifier, grade, feedback, maximum, group, submitted)


def _grade(headers: Sequence[str], header: str | None, maximum: int | None) -> int:
    if header is not None:
        return _named(headers, header)
    if "grade" in headers:
        return headers.index("grade")
    if maximum is not None:
        return maximum - 1
    raise SheetError(
        "The worksheet's column for grades can't be told: name its header with --grade-header."
    )


def _named(headers: Sequence[str], header: str) -> int:
    wanted = header.strip().casefold()
    if wanted not in headers:
        raise SheetError(f"The worksheet has no column '{header}': copy its header exactly.")
    return headers.index(wanted)


def _submitted(headers: Sequence[str], body: Sequence[Row], grade: int) -> int | None:
    """Return the column that says when it was handed in; None if that can't be told.

    Behind it is always the one of when it was graded, in every language.
    """
    if _SUBMITTED in headers:
        return headers.index(_SUBMITTED)
    behind = range(grade + 1, len(headers))
    dates = [at for at in behind if all(_DATE.fullmatch(value_of(row, at)) for row in body)]
    filled = [at for at in dates[:-1] if any(value_of(row, at) != "-" for row in body)]
    return filled[0] if len(filled) == 1 else None


def _is_feedback(
    headers: Sequence[str], body: Sequence[Row], taken: Collection[int | None]
) -> bool:
    """Return whether the last column is for comments, as it is in every language where they are on.

    Where they are off it is the date of the last change.
    """
    last = len(headers) - 1
    if last in taken:
        return False
    cells = [row[last].value.strip() for row in body if last < len(row)]
    return bool(_FEEDBACK.search(headers[last])) or not all(map(_DATE.fullmatch, cells))


def _is_maximum(body: Sequence[Row], at: int) -> bool:
    """Return whether it has maximum grades: one number for all, behind a free column."""
    values = {value_of(row, at) for row in body}
    before = {value_of(row, at - 1) for row in body}
    free = all(not value or value == "-" or _NUMBER.fullmatch(value) for value in before)
    return len(values) == 1 and free and all(_NUMBER.fullmatch(value) for value in values)


def participant(row: Row, column: int) -> str:
    """Return the number in a row's identifier; "" if there is none."""
    match = _PARTICIPANT.fullmatch(value_of(row, column))
    return match[1] if match else ""


def value_of(row: Row, at: int | None) -> str:
    """Return what a row has in a column; "" if it or the worksheet has no such."""
    return row[at].value.strip() if at is not None and at < len(row) else ""
