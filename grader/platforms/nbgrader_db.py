"""Names, e-mail addresses and due dates from nbgrader's own gradebook, which is only read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from grader.course.names import shown
from grader.platforms.nbgrader_grades import NO_ROSTER, Enrolled, Roster

_NAME = "gradebook.db"


def read_roster(course: Path) -> tuple[Roster, list[str]]:
    """Whom the gradebook in nbgrader's tree knows, and notices; nobody where there is none.

    Args:
        course: the folder of the course, or its folder of submissions.
    """
    found = [folder / _NAME for folder in (course, course.absolute().parent)]
    path = next((path for path in found if path.is_file()), None)
    if path is None:
        return NO_ROSTER, []
    try:
        # "ro" makes no journal beside the database, and can't change it.
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=5.0)) as database:
            students = database.execute("SELECT id, first_name, last_name, email FROM student")
            known = {
                str(id): Enrolled(*(shown(str(part or "")) for part in parts))
                for id, *parts in students
            }
            dates = database.execute("SELECT name, duedate FROM assignment")
            duedates = {
                str(name): shown(str(date or "")).removesuffix(".000000") for name, date in dates
            }
    except sqlite3.Error as error:
        why = " ".join(str(error).split())
        return NO_ROSTER, [f"{_NAME} can't be read, so names and addresses stay empty: {why}."]
    return Roster(known, duedates), []
