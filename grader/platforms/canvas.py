"""Canvas: the instructor's exported gradebook, cut to what an import of one assignment needs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grader.platforms.csv_edit import delimiter
from grader.platforms.sheets import Filling, both_sides
from grader.report.course import Entry

_POINTS_POSSIBLE = "Points Possible"
_ASSIGNMENT = re.compile(r".+ \((?P<id>\d+)\)", re.DOTALL)


class CanvasError(Exception):
    """The exported gradebook can't be used; says why and what to do."""


def fill_gradebook(
    export: bytes,
    entries: Sequence[Entry],
    assignment: str | None = None,
    zeros: bool = False,
) -> tuple[bytes, list[str]]:
    """A gradebook that Canvas imports: the students' columns of the export and one assignment.

    The title keeps the id that Canvas put behind it, without which the import would make a new
    assignment. Rows above the students, such as the points possible, stay. Whoever handed nothing
    in, is excused ('EX'), or is left open by a grader error or as ungradable, keeps the value that
    the export has.

    Args:
        export: the gradebook as exported.
        entries: the course.
        assignment: title or id of the assignment; None if there is only one.
        zeros: whether who could not be graded gets a 0.

    Returns:
        The new file, and notices for a person.

    Raises:
        CanvasError: it isn't such a file, the assignment can't be told, or nobody of the course
            is in it.
    """
    try:
        text = export.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CanvasError("The gradebook is no UTF-8 text: export it from Canvas again.") from error
    separator = delimiter(text)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise CanvasError(f"The gradebook can't be read as CSV: {error}.") from error
    if not table or table[0][:2] != ["Student", "ID"] or "Section" not in table[0]:
        raise CanvasError(
            "The gradebook must start with the columns Student and ID and have one called "
            "Section: export it from Canvas again."
        )
    header = table[0]
    last_info = header.index("Section")
    column = _assignment(header, last_info, assignment)
    by_id = {
        student.id: entry
        for entry in entries
        for student in entry.students
        if student.platform == "canvas"
    }
    students = {row[1].strip(): row[0] for row in table[1:] if len(row) > 1 and row[1].strip()}
    theirs = [f"{name.strip()} ({id})" for id, name in students.items()]
    if entries and not by_id.keys() & students.keys():
        raise CanvasError(
            "Nobody of the course is in Canvas's gradebook, so it is not filled: "
            f"{both_sides([e.called for e in entries], theirs)}. Grade the zip that Canvas's "
            "'Download Submissions' made: numbers in its names tell who is who."
        )
    filling = Filling("gradebook", zeros)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow([*header[: last_info + 1], header[column]])
    for row in table[1:]:
        row += [""] * (len(header) - len(row))
        value = row[column]
        entry = by_id.get(row[1].strip())
        if entry is not None:
            points = filling.points(entry, value)
            value = value if points is None else points
        elif row[1].strip():
            filling.absent.append(f"{row[0].strip()} ({row[1].strip()})")
        elif entries and row[0].strip() == _POINTS_POSSIBLE:
            filling.compare({value}, entries[0].result.max_points)
        if any(row):
            writer.writerow([*row[: last_info + 1], value])
    filled = {entry.name for id, entry in by_id.items() if id in students}
    filling.strangers += [entry.called for entry in entries if entry.name not in filled]
    mark = "utf-8-sig" if export.startswith(b"\xef\xbb\xbf") else "utf-8"
    return out.getvalue().encode(mark), filling.notices()


def _assignment(header: Sequence[str], last_info: int, wanted: str | None) -> int:
    """The column of the assignment.

    Raises:
        CanvasError: there is none such, or more than one.
    """
    known = {
        at: title
        for at, title in enumerate(header)
        if at > last_info and _ASSIGNMENT.fullmatch(title.strip())
    }
    found = [at for at, title in known.items() if wanted is None or _is_called(title, wanted)]
    if len(found) == 1:
        return found[0]
    problem = "there is no such assignment" if not found else "more than one assignment fits"
    raise CanvasError(
        f"In the gradebook {problem}: name one of {', '.join(known.values()) or 'none'}."
    )


def _is_called(title: str, wanted: str) -> bool:
    title, wanted = title.strip(), wanted.strip()
    match = _ASSIGNMENT.fullmatch(title)
    assert match is not None
    number = match["id"]
    return wanted in (title, number, title.removesuffix(f"({number})").strip())
