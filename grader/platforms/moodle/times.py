"""When submissions came, as the instructor's grading worksheet has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from grader.platforms.dates import read_dates
from grader.platforms.moodle.columns import value_of
from grader.platforms.moodle.rows import Worksheet, places_of, rows_of_another
from grader.report.course import Identity
from grader.untrusted_text import clean

_NEVER = ("", "-")
_LONGEST = 80


def times_in(sheet: Worksheet, course: Mapping[str, Sequence[Identity]]) -> dict[str, datetime]:
    """Return when submissions came, by their names, where the sheet says that for certain.

    The rows of a team must say the same. A row that two submissions fit, or that is another's,
    tells nothing.

    Args:
        sheet: the worksheet.
        course: the students of each submission, by its name.
    """
    places = {name: places_of(students, sheet) for name, students in course.items()}
    doubtful = rows_of_another(sheet, course, places)
    claims = Counter(at for own_rows in places.values() for at in own_rows)
    found = {}
    for name, own_rows in places.items():
        usable = (at for at in own_rows if claims[at] == 1 and at not in doubtful)
        written = {_date_in(sheet, at) for at in usable}.difference(_NEVER)
        times = {moment for text in written for moment in read_dates(text)}
        if len(times) == 1 and all(map(read_dates, written)):
            found[name] = times.pop()
    return found


def on_dates(sheet: Worksheet) -> list[str]:
    """Say which dates of submissions can't be read for certain."""
    dates = [_date_in(sheet, at) for at in range(len(sheet.body))]
    unread = [text for text in dates if text not in _NEVER and len(read_dates(text)) != 1]
    if not unread:
        return []
    example = clean(unread[0], _LONGEST)
    return [
        "Dates in the worksheet that can't be read, or can be read as two days, aren't guessed: "
        f"{len(unread)} of {len(dates)} rows have such a one, the first '{example}'."
    ]


def _date_in(sheet: Worksheet, at: int) -> str:
    return value_of(sheet.body[at], sheet.columns.submitted)
