"""The folders of nbgrader: ``submitted/STUDENT/ASSIGNMENT/``, or what lies below ``submitted``."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime

from grader.course.listing import File, Parts, SubmissionsError, is_junk
from grader.course.names import shown
from grader.course.owners import Owner
from grader.course.times import MAX_TEXT, read_time
from grader.report.course import Identity

TIMESTAMP = "timestamp.txt"
"""Where nbgrader says when a submission came."""
_SUBMITTED = "submitted"


def below_submitted(names: Sequence[Parts], folder: str) -> list[int | None] | None:
    """How many folders lie above each student's own; None for what lies elsewhere.

    Args:
        names: of files and traces.
        folder: the name of the folder that they are in.

    Returns:
        None if these aren't nbgrader's folders.
    """
    found = [_depth(parts) for parts in names]
    pairs = zip(names, found, strict=True)
    if any(depth is not None and len(parts) > depth + 2 for parts, depth in pairs):
        return found
    files = [parts for parts in names if len(parts) >= 3 and not any(map(is_junk, parts))]
    has_times = any(len(parts) == 3 and parts[-1] == TIMESTAMP for parts in files)
    is_course = len({parts[0] for parts in files}) > 1  # and not one folder around everything
    if (folder == _SUBMITTED and files) or (has_times and is_course):
        return [0] * len(names)
    return None


def _depth(parts: Parts) -> int | None:
    """Where the student's folder is, which lies at most three levels in."""
    for depth in (0, 1, 2):
        if len(parts) >= depth + 2 and parts[depth] == _SUBMITTED:
            return depth + 1
    return None


def assignment_of(names: Sequence[Parts], asked: str | None) -> str | None:
    """The assignment to grade; None if there is none.

    Args:
        names: as seen from the folder of students.
        asked: what `--nbgrader` names.

    Raises:
        SubmissionsError: there are several and none is asked for, or no folder has that name.
    """
    known = sorted({parts[1] for parts in names if len(parts) > 2 and not is_junk(parts[1])})
    told = ", ".join(map(shown, known[:20]))
    if asked is not None and asked not in known:
        raise SubmissionsError(
            f"No student's folder holds the assignment '{shown(asked)}' that --nbgrader names; "
            f"there is: {told or 'none'}."
        )
    if asked is None and len(known) > 1:
        raise SubmissionsError(
            f"nbgrader's folders hold several assignments ({told}): say which one with "
            "--nbgrader NAME."
        )
    return asked or next(iter(known), None)


def as_nbgrader(owner: Owner) -> Owner:
    """The same owner as nbgrader knows them: by the name of their folder under ``submitted``."""
    student = owner.students[0]
    known = Identity(student.name, student.name, platform="nbgrader", prefix=student.prefix)
    return Owner(("nbgrader", student.name), (known,), owner.text, owner.rest)


def submitted(own: Sequence[File], chosen: Parts) -> datetime | None:
    """When it came, by the file that nbgrader puts beside the notebook."""
    beside = (*chosen[:-1], TIMESTAMP)
    path = next((file.path for file in own if file.parts == beside), None)
    if path is None:
        return None
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return read_time(file.read(MAX_TEXT))
    return None
