"""Canvas: the instructor's exported gradebook, cut to what an import of one assignment needs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grader.report.course import Entry
from grader.report.csv_text import delimiter

_ASSIGNMENT = re.compile(r".+ \((?P<id>\d+)\)", re.DOTALL)


class CanvasError(Exception):
    """The exported gradebook can't be used; says why and what to do."""


def fill_gradebook(
    export: bytes, entries: Sequence[Entry], assignment: str | None = None
) -> tuple[bytes, list[str]]:
    """A gradebook that Canvas imports: the students' columns of the export and one assignment.

    The title keeps the id that Canvas put behind it, without which the import would make a new
    assignment. Rows above the students, such as the points possible, stay. Whoever handed nothing
    in, or is left open by a grader error, keeps the value that the export has.

    Args:
        export: the gradebook as exported.
        entries: the course.
        assignment: title or id of the assignment; None if there is only one.

    Returns:
        The new file, and notices for a person.

    Raises:
        CanvasError: it isn't such a file, or the assignment can't be told.
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
    notices: list[str] = []
    if entries and not by_id:
        notices.append("No row of the gradebook is filled: no submission came from Canvas.")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow([*header[: last_info + 1], header[column]])
    for row in table[1:]:
        row += [""] * (len(header) - len(row))
        value = row[column]
        entry = by_id.pop(row[1].strip(), None)
        if entry is not None and entry.result.status == "grader_error":
            notices.append(f"{entry.name} is left open: the grader failed on it.")
        elif entry is not None:
            value = f"{entry.result.points:.2f}"
        if any(row):
            writer.writerow([*row[: last_info + 1], value])
    notices += [f"{entry.name} is not in the gradebook." for entry in by_id.values()]
    mark = "utf-8-sig" if export.startswith(b"\xef\xbb\xbf") else "utf-8"
    return out.getvalue().encode(mark), notices


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
