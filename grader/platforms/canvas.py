"""Canvas: names of its download, and its gradebook cut to what an import needs."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from grader.platforms.csv_edit import delimiter
from grader.platforms.download import File, FindOwner, Owner, Parts
from grader.platforms.filling import Filling, both_sides
from grader.platforms.names import shown
from grader.platforms.platform import GradedCourse, Option, Platform, Sheet, SheetError, read_sheet
from grader.report.course import Entry, Identity

# Canvas's own numbers are never padded: 'hw_3_01_ada' is none of its names.
_NAME = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>[1-9]\d*)_"
    r"(?:(?P<file>[1-9]\d*)_|(?=(?:text|link)\.html\Z))(?P<rest>.+)",
    re.DOTALL,
)
_ANONYMOUS = re.compile(
    r"(?P<name>anon)(?P<late>_LATE)?_(?P<id>[A-Za-z0-9]+)_(?:(?P<file>[1-9]\d*)_)?(?P<rest>.+)",
    re.DOTALL,
)
_POINTS_POSSIBLE = "Points Possible"
_ASSIGNMENT = re.compile(r".+ \((?P<id>\d+)\)", re.DOTALL)


def _match(first: str) -> re.Match[str] | None:
    return _ANONYMOUS.fullmatch(first) or _NAME.fullmatch(first)


def _matches(names: Collection[str]) -> list[re.Match[str]]:
    """Return those of the names that look like Canvas's.

    A text or a link that was handed in has no number of its own, so its name tells nothing unless
    others have such numbers, or all are like it.
    """
    matches = [match for match in map(_match, names) if match]
    numbered = [match for match in matches if match["file"] or match["name"] == "anon"]
    return matches if numbered or len(matches) == len(names) else []


def _students_in(names: Collection[str]) -> set[str]:
    return {match["name"] for match in _matches(names)}


def _owners(files: Sequence[File]) -> FindOwner | None:
    return _owner if _is_canvas({file.parts[0] for file in files}) else None


def _owner(parts: Parts) -> Owner | None:
    """Return the owner by ``name[_LATE]_<user id>_<upload>_<name of the file>``."""
    first, rest = parts[0], parts[1:]
    match = _match(first)
    if match is None:
        return None
    prefix = first[: match.start("rest")]
    student = Identity(shown(match["name"]), match["id"], platform="canvas", prefix=prefix)
    return Owner(
        ("canvas", match["id"]),
        (student,),
        f"{student.name}_{match['id']}",
        rest or (match["rest"],),
        bool(match["late"]),
        upload=int(match["file"] or 0),
    )


def _is_canvas(firsts: Collection[str]) -> bool:
    """Return whether names carry Canvas's numbers, by which several files are one student's.

    Canvas numbers every upload differently, a student has one name, and students differ in theirs.
    Names that only look alike, such as ``hw_10_2001_ada.ipynb`` and ``hw_10_2002_bob.ipynb``, are
    not taken for two uploads of one student.
    """
    matches = _matches(firsts)
    if not matches:
        return False
    called: dict[str, str] = {}
    if any(called.setdefault(match["id"], match["name"]) != match["name"] for match in matches):
        return False
    numbers = [match["file"] for match in matches if match["file"]]
    if len({*numbers}) < len(numbers):
        return False
    is_long = all(len(number) > 2 for number in numbers) and all(len(id_) > 1 for id_ in called)
    several = {*called.values()}
    return len(called) == len(matches) or (is_long and (len(several) > 1 or several == {"anon"}))


def fill_gradebook(
    export: bytes,
    entries: Sequence[Entry],
    assignment: str | None = None,
    zeros: bool = False,
    replace: bool = False,
) -> tuple[bytes, list[str]]:
    """Return what Canvas imports: the students' columns of the export and one assignment.

    The title keeps the id that Canvas put behind it, without which the import would make a new
    assignment. Rows above the students, such as the points possible, stay. Whoever handed nothing
    in, is excused ('EX'), is left open by a grader error or as ungradable, or has other points
    already, keeps the value that the export has.

    Args:
        export: the gradebook as exported.
        entries: the course.
        assignment: title or id of the assignment; None if there is only one.
        zeros: whether who could not be graded gets a 0.
        replace: whether other points in the export are replaced.

    Returns:
        The new file, and notices for a person.

    Raises:
        SheetError: it isn't such a file, the assignment can't be told, or nobody of the course
            is in it.
    """
    table, separator = _table(export)
    header = table[0]
    last_info = header.index("Section")
    column = _assignment(header, last_info, assignment)
    by_id = _by_id(table, entries)
    filling = Filling("gradebook", zeros, replace)
    twice = _claimed_twice(entries)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow([*header[: last_info + 1], header[column]])
    for row in table[1:]:
        row += [""] * (len(header) - len(row))
        if any(row):
            value = _value(row, row[column], by_id, twice, filling)
            writer.writerow([*row[: last_info + 1], value])
    students = _students(table)
    ids_of = {entry.name: {student.id for student in entry.students} for entry in entries}
    filled = {name for name, ids in ids_of.items() if ids & by_id.keys() & students.keys()}
    filling.note("strangers", *(it.called for it in entries if it.name not in filled))
    mark = "utf-8-sig" if export.startswith(b"\xef\xbb\xbf") else "utf-8"
    return out.getvalue().encode(mark), filling.notices()


def _students(table: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the names of the students in the gradebook, by their ids."""
    return {row[1].strip(): row[0] for row in table[1:] if len(row) > 1 and row[1].strip()}


def _by_id(table: Sequence[Sequence[str]], entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return the entries by the ids of their students in Canvas.

    Raises:
        SheetError: the gradebook has none of them.
    """
    owned = ((student, entry) for entry in entries for student in entry.students)
    by_id = {student.id: entry for student, entry in owned if student.platform == "canvas"}
    students = _students(table)
    if entries and not by_id.keys() & students.keys():
        theirs = [f"{name.strip()} ({id})" for id, name in students.items()]
        raise SheetError(
            "Nobody of the course is in Canvas's gradebook, so it is not filled: "
            f"{both_sides([e.called for e in entries], theirs)}. Grade the zip that Canvas's "
            "'Download Submissions' made: numbers in its names tell who is who."
        )
    return by_id


def _claimed_twice(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the ids of students who are in several submissions, as in an own and a team's."""
    times = Counter(id for entry in entries for id in {student.id for student in entry.students})
    return frozenset(id for id, count in times.items() if count > 1)


def _value(
    row: Sequence[str],
    old: str,
    by_id: Mapping[str, Entry],
    twice: Collection[str],
    filling: Filling,
) -> str:
    """Return what a row has for the assignment, and tell ``filling`` about it."""
    name, id = row[0].strip(), row[1].strip()
    if id in by_id and id in twice:
        filling.note("claimed twice", f"{name} ({id})")
        return old
    entry = by_id.get(id)
    if entry is not None:
        points = filling.points(entry, old)
        return old if points is None else points
    if id:
        filling.note("absent", f"{name} ({id})")
    elif by_id and name == _POINTS_POSSIBLE:
        filling.compare({old}, next(iter(by_id.values())).result.max_points)
    return old


def _table(export: bytes) -> tuple[list[list[str]], str]:
    """Return the rows of an exported gradebook, and what separates its cells.

    Raises:
        SheetError: it isn't such a file.
    """
    try:
        text = export.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetError("The gradebook is no UTF-8 text: export it from Canvas again.") from error
    separator = delimiter(text)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise SheetError(f"The gradebook can't be read as CSV: {error}.") from error
    if not table or table[0][:2] != ["Student", "ID"] or "Section" not in table[0]:
        raise SheetError(
            "The gradebook must start with the columns Student and ID and have one called "
            "Section: export it from Canvas again."
        )
    return table, separator


def _assignment(header: Sequence[str], last_info: int, wanted: str | None) -> int:
    """Return the column of the assignment.

    Raises:
        SheetError: there is none such, or more than one.
    """
    titles = {
        at: title
        for at, title in enumerate(header)
        if at > last_info and _ASSIGNMENT.fullmatch(title.strip())
    }
    columns = [at for at, title in titles.items() if wanted is None or _is_called(title, wanted)]
    if len(columns) == 1:
        return columns[0]
    problem = "there is no such assignment" if not columns else "more than one assignment fits"
    raise SheetError(
        f"In the gradebook {problem}: name one of {', '.join(titles.values()) or 'none'}."
    )


def _is_called(title: str, wanted: str) -> bool:
    title, wanted = title.strip(), wanted.strip()
    match = _ASSIGNMENT.fullmatch(title)
    assert match is not None
    number = match["id"]
    return wanted in (title, number, title.removesuffix(f"({number})").strip())


def _fill(course: GradedCourse) -> tuple[Sequence[bytes], Sequence[str]]:
    export, title = read_sheet(course.values["canvas"]), course.values.get("canvas_assignment")
    filled, notices = fill_gradebook(export, course.entries, title, course.zeros, course.replace)
    return (filled,), notices


PLATFORM = Platform(
    "canvas",
    order=40,
    students_in=_students_in,
    owners=_owners,
    options=(
        Option("--canvas", "Canvas's exported gradebook, to be filled.", is_file=True),
        Option(
            "--canvas-assignment",
            "Title or id of the assignment in that gradebook.",
            needs="--canvas",
        ),
    ),
    sheet=Sheet("--canvas", ("canvas_gradebook.csv",), _fill),
)
