"""The folders of nbgrader: ``submitted/STUDENT/ASSIGNMENT/``, or what lies below ``submitted``.

Those of its exchange are seen as if they lay there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from grader.platforms.download import (
    CODE,
    File,
    Listing,
    Owner,
    Parts,
    SubmissionsError,
    is_junk,
)
from grader.platforms.names import shown
from grader.platforms.nbgrader.exchange import attempt_at, by_student, depths_in_exchange
from grader.platforms.platform import Tree, Values
from grader.platforms.times import MAX_TEXT, read_time
from grader.report.course import Identity

TIMESTAMP = "timestamp.txt"
"""Where nbgrader says when a submission came."""
_SUBMITTED = "submitted"


def student_depths(names: Sequence[Parts], folder: str) -> list[int | None] | None:
    """Return how many folders lie above each student's own; None for what lies elsewhere.

    Args:
        names: of files and traces.
        folder: the name of the folder that they are in.

    Returns:
        None if these aren't nbgrader's folders.
    """
    depths = [_depth(parts) for parts in names]
    pairs = zip(names, depths, strict=True)
    if any(depth is not None and len(parts) > depth + 2 for parts, depth in pairs):
        return depths
    exchanged = depths_in_exchange(names)
    if exchanged is not None:
        return exchanged
    files = [parts for parts in names if len(parts) >= 3 and not any(map(is_junk, parts))]
    has_times = any(len(parts) == 3 and parts[-1] == TIMESTAMP for parts in files)
    is_course = len({parts[0] for parts in files}) > 1  # and not one folder around everything
    if (folder == _SUBMITTED and files) or (has_times and is_course):
        return [0] * len(names)
    return None


def _depth(parts: Parts) -> int | None:
    """Return where the student's folder is, which lies at most three levels in."""
    for depth in (0, 1, 2):
        if len(parts) >= depth + 2 and parts[depth] == _SUBMITTED:
            return depth + 1
    return None


def narrow(listing: Listing, values: Values) -> Tree:
    """Return the files of one assignment, as `Platform.narrow` has it.

    Raises:
        SubmissionsError: the assignment can't be told, or isn't there.
    """
    listing = listing.renamed(by_student)
    chosen = _assignment(listing.names, values.get("nbgrader"))
    return Tree(_of_assignment(listing, chosen), chosen, _as_student, _submitted_at)


def not_its_tree(values: Values) -> str:
    """Say that folders of another kind are taken for the assignment; "" where none is asked for."""
    asked = values.get("nbgrader")
    if asked is None:
        return ""
    return f"These are not nbgrader's folders, so all of it is taken for '{shown(asked)}'."


def _assignment(names: Sequence[Parts], asked: str | None) -> str | None:
    """Return the assignment to grade; None if there is none.

    Args:
        names: as seen from the folder of students.
        asked: what `--nbgrader` names.

    Raises:
        SubmissionsError: there are several and none is asked for, or no folder has that name.
    """
    assignments = sorted({parts[1] for parts in names if len(parts) > 2 and not is_junk(parts[1])})
    named = ", ".join(map(shown, assignments[:20]))
    if asked is not None and asked not in assignments:
        raise SubmissionsError(
            f"No student's folder holds the assignment '{shown(asked)}' that --nbgrader names; "
            f"there is: {named or 'none'}."
        )
    if asked is None and len(assignments) > 1:
        raise SubmissionsError(
            f"nbgrader's folders hold several assignments ({named}): say which one with "
            "--nbgrader NAME."
        )
    return asked or next(iter(assignments), None)


def _as_student(owner: Owner) -> Owner:
    """Return the owner as nbgrader knows them: by the name of their folder under ``submitted``."""
    student = owner.students[0]
    student = Identity(student.name, student.name, platform="nbgrader", prefix=student.prefix)
    came = attempt_at(owner.rest)
    attempt = 0 if came is None else int(came.timestamp() * 1_000_000)
    key = ("nbgrader", student.name)
    return Owner(key, (student,), owner.text, owner.rest, attempt=attempt)


def _submitted_at(files: Sequence[File], chosen: Parts) -> datetime | None:
    """Return when it came, by the file that nbgrader puts beside the notebook, or its folder."""
    beside = (*chosen[:-1], TIMESTAMP)
    text = next((file.read(MAX_TEXT) for file in files if file.parts == beside), None)
    told = None if text is None else read_time(text.decode("utf-8", "replace"))
    return told or attempt_at(chosen)


def _of_assignment(listing: Listing, assignment: str | None) -> Listing:
    """Return the files of one assignment; of all others no more than a trace of the student.

    A notebook beside the students' folders is handed in by itself; other files that are
    in no assignment's folder are named.
    """
    of_assignment = {parts for parts in listing.names if parts[1:2] == (assignment,)}
    single = (file for file in listing.files if len(file.parts) == 1)
    alone = {file.parts for file in single if file.suffix in CODE and not file.is_given}
    handed_in = of_assignment | alone
    files = tuple(file for file in listing.files if file.parts in handed_in)
    kept = [parts for parts in listing.traces if parts in of_assignment]
    others = (parts for parts in listing.names if parts not in of_assignment and len(parts) > 1)
    notices = [
        f"{file.name} is in no folder of a student's assignment; it was left out."
        for file in listing.files
        if len(file.parts) < 3 and file.parts not in handed_in
    ]
    traces = (*kept, *dict.fromkeys((*parts[:2], "") for parts in others))
    return Listing(files, traces, (*listing.notices, *notices))
