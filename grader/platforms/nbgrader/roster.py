"""Names, e-mail addresses and due dates from nbgrader's own gradebook, which is only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from grader.platforms.names import shown

_NAME = "gradebook.db"


@dataclass(frozen=True)
class Enrolled:
    """A student as nbgrader's own gradebook has them; "" for what it doesn't know."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Roster:
    """What nbgrader's own gradebook knows: students by their ids, due dates by assignments."""

    students: Mapping[str, Enrolled] = field(default_factory=dict)
    duedates: Mapping[str, str] = field(default_factory=dict)


NO_ROSTER = Roster()


def read_roster(course: Path) -> tuple[Roster, list[str]]:
    """Return whom the gradebook in nbgrader's tree knows, and notices; nobody where there is none.

    Args:
        course: the folder of the course, or its folder of submissions.
    """
    places = [folder / _NAME for folder in (course, course.absolute().parent)]
    path = next((path for path in places if path.is_file()), None)
    if path is None:
        return NO_ROSTER, []
    try:
        # "ro" makes no journal beside the database, and can't change it.
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=5.0)) as database:
            rows = database.execute("SELECT id, first_name, last_name, email FROM student")
            students = {
                str(id): Enrolled(*(shown(str(part or "")) for part in parts))
                for id, *parts in rows
            }
            dates = database.execute("SELECT name, duedate FROM assignment")
            duedates = {
                str(name): shown(str(date or "")).removesuffix(".000000") for name, date in dates
            }
    except sqlite3.Error as error:
        why = " ".join(str(error).split())
        return NO_ROSTER, [f"{_NAME} can't be read, so names and addresses stay empty: {why}."]
    return Roster(students, duedates), []
