"""grades.csv as ``nbgrader export`` writes it."""

from __future__ import annotations

from collections.abc import Sequence

from grader.report.cells import points_cell, table, time_cell
from grader.report.course import Entry

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


def to_nbgrader(entries: Sequence[Entry], assignment: str, duedate: str = "") -> bytes:
    """Grades in nbgrader's columns; scores that a grader error leaves open are empty.

    The last word of a name is the last name, also where it is the only one.
    """
    rows = []
    for entry in entries:
        decided = entry.result.status != "grader_error"
        score = points_cell(entry.result.points if decided else None)
        for student in entry.students:
            *first, last = student.name.split() or [""]
            rows.append(
                (
                    assignment,
                    duedate,
                    time_cell(entry.submitted),
                    student.id or entry.name,
                    last,
                    " ".join(first),
                    student.email,
                    score,
                    0,
                    score,
                    points_cell(entry.result.max_points),
                )
            )
    return table(COLUMNS, rows)
