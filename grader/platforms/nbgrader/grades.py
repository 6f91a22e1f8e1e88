"""grades.csv as ``nbgrader export`` writes it."""

from __future__ import annotations

from collections.abc import Sequence

from grader.platforms.filling import Filling
from grader.platforms.nbgrader.roster import NO_ROSTER, Enrolled, Roster
from grader.report.course import Entry
from grader.report.csv_write import Cell, points_cell, time_cell, to_csv


def to_nbgrader(
    entries: Sequence[Entry], assignment: str, roster: Roster = NO_ROSTER, zeros: bool = False
) -> tuple[bytes, list[str]]:
    """Return grades in nbgrader's columns, and notices for a person.

    Scores that are open are empty: those of a grader error and, unless ``zeros``, of what could not
    be graded. Names are those of ``roster``, of which everybody has a row, whoever handed nothing
    in one without a score. Of a name that it doesn't have, the last word is the last name, also
    where it is the only one.
    """
    filling = Filling("gradebook of nbgrader", zeros)
    duedate = roster.duedates.get(assignment, "")
    rows: list[dict[str, Cell]] = []
    seen: set[str] = set()
    for entry in entries:
        points = filling.points(entry, "")
        raw, score = (
            (points_cell(entry.result.points), points_cell(entry.final_points))
            if points is not None
            else (None, None)
        )
        late = entry.lateness.points if entry.lateness else 0
        for student in entry.students:
            *first, last = student.name.split() or [""]
            id = student.id or entry.name
            seen.add(id)
            enrolled = roster.students.get(id)
            if enrolled is None and roster.students:
                filling.note("strangers", entry.called)
            enrolled = enrolled or Enrolled(" ".join(first), last, student.email)
            row = _row(assignment, id, enrolled, score, entry.result.max_points)
            of_late = {"raw_score": raw, "late_submission_penalty": points_cell(late)}
            rows.append(
                {**row, **of_late, "duedate": duedate, "timestamp": time_cell(entry.submitted)}
            )
    absent = sorted(roster.students.keys() - seen) if entries else []
    filling.note("absent", *absent)
    for id in absent:
        most = entries[0].result.max_points
        row = _row(assignment, id, roster.students[id], None, most)
        rows.append({**row, "duedate": duedate})
    return to_csv([*rows[0]] if rows else [], (row.values() for row in rows)), filling.notices()


def _row(assignment: str, id: str, student: Enrolled, score: Cell, most: float) -> dict[str, Cell]:
    """Return a row in the order of nbgrader's columns, without times."""
    return {
        "assignment": assignment,
        "duedate": "",
        "timestamp": "",
        "student_id": id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "raw_score": score,
        "late_submission_penalty": 0,
        "score": score,
        "max_score": points_cell(most),
    }
