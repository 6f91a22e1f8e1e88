"""What was listed, as seen from the folder in which the students' own files and folders lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.course.choose import is_written, topic
from grader.course.listing import (
    CODE,
    GIVEN,
    GRADESCOPE_FILE,
    MIRROR,
    File,
    Listing,
    Parts,
    is_archive_name,
    is_junk,
    suffix_of,
)
from grader.platforms import nbgrader_tree
from grader.platforms.names_of_files import canvas_matches, is_platforms
from grader.report.course import Platform

_MAX_WRAPPERS = 4


def from_inside(
    listed: Listing, path: Path, assignment: str | None
) -> tuple[Listing, Platform | None, str | None]:
    """What was listed, as seen from the folder of submissions, whose layout that is, and of it
    nbgrader's assignment.

    Raises:
        SubmissionsError: the assignment can't be told, or isn't there.
    """
    listed = Listing(listed.files, _telling(listed), listed.notices)
    names = names_of(listed)
    depths = nbgrader_tree.below_submitted(names, path.name)
    if depths is None:
        taken, platform = outer(names)
        seen = _cut(listed, taken)
        if path.is_file():
            seen = _cut(seen, [_above_many(seen.files)] * len(names_of(seen)))
        return seen, platform, None
    seen = _cut(listed, depths)
    chosen = nbgrader_tree.assignment_of(names_of(seen), assignment)
    return _of_assignment(seen, chosen), "nbgrader", chosen


def _telling(listed: Listing) -> tuple[Parts, ...]:
    """The traces that may tell of a student: not those of folders in which something else is."""
    filled = {
        parts[:at] for parts in names_of(listed) for at in range(1, len(parts) - (parts[-1] == ""))
    }
    kept = (parts for parts in listed.traces if parts[-1] or parts[:-1] not in filled)
    # A Mac packs a mirror of all folders, in which the names are the same.
    mirrored = (parts[parts[0] == MIRROR :] for parts in kept)
    return tuple(parts for parts in mirrored if any(parts))


def names_of(listed: Listing) -> list[Parts]:
    """The names of all files and traces."""
    return [*(file.parts for file in listed.files), *listed.traces]


def _cut(listed: Listing, depths: Sequence[int | None]) -> Listing:
    """The same without outer folders; what has no depth is left out."""
    at = len(listed.files)
    files = [
        replace(file, parts=file.parts[depth:])
        for file, depth in zip(listed.files, depths[:at], strict=True)
        if depth is not None
    ]
    traces = [
        parts[depth:]
        for parts, depth in zip(listed.traces, depths[at:], strict=True)
        if depth is not None
    ]
    return Listing(tuple(files), tuple(parts for parts in traces if parts), listed.notices)


def _of_assignment(listed: Listing, assignment: str | None) -> Listing:
    """The files of one assignment; of all others no more than a trace of the student.

    A notebook beside the students' folders is handed in by itself; other files that are
    in no assignment's folder are named.
    """
    own = {parts for parts in names_of(listed) if parts[1:2] == (assignment,)}
    single = {file.parts for file in listed.files if len(file.parts) == 1}
    alone = {parts for parts in single if suffix_of(parts) in CODE and parts[0] not in GIVEN}
    handed_in = own | alone
    files = tuple(file for file in listed.files if file.parts in handed_in)
    kept = [parts for parts in listed.traces if parts in own]
    others = (parts for parts in names_of(listed) if parts not in own and len(parts) > 1)
    notices = [
        f"{file.name} is in no folder of a student's assignment; it was left out."
        for file in listed.files
        if len(file.parts) < 3 and file.parts not in handed_in
    ]
    traces = (*kept, *dict.fromkeys((*parts[:2], "") for parts in others))
    return Listing(files, traces, (*listed.notices, *notices))


def outer(names: Sequence[Parts]) -> tuple[list[int], Platform | None]:
    """How many outer folders to take off each name, and the platform if the layout tells it.

    A folder around everything is taken off if the submissions are seen to lie further in: beside
    Gradescope's metadata, under names of Canvas's pattern, or in at least two folders. Whatever
    lies above names that only platforms write is taken off each for itself: a course may have
    been downloaded in parts.
    """
    own = [_above_platforms(parts) for parts in names]
    if any(own):
        most = max(own)
        found = zip(own, names, strict=True)
        return [
            at if at or is_platforms(parts[0]) else min(most, len(parts) - 1) for at, parts in found
        ], None
    taken = 0
    # What systems leave behind may lie beside a folder that is taken off.
    while more := _wrappers([parts[taken:] for parts in names if len(parts) > taken]):
        taken += more
    kept = [parts[taken:] for parts in names]
    return [taken] * len(names), "gradescope" if (GRADESCOPE_FILE,) in kept else None


def _above_platforms(parts: Parts) -> int:
    for depth in range(min(3, len(parts))):
        if is_platforms(parts[depth]):
            return depth
    return 0


def _wrappers(names: Sequence[Parts]) -> int:
    """How many folders lie around everything, each alone in the one above it."""
    for depth in range(_MAX_WRAPPERS):
        if _is_wrapped([parts[depth:] for parts in names]):
            return depth + 1
        tops = {parts[depth : depth + 1] for parts in names}
        if len(tops) != 1 or any(len(parts) < depth + 2 for parts in names):
            return 0
        ((top,),) = tops
        if is_platforms(top) or is_archive_name(top):
            return 0
    return 0


def _is_wrapped(names: Sequence[Parts]) -> bool:
    names = [parts for parts in names if not (len(parts) == 1 and is_junk(parts[0]))]
    tops = {parts[0] for parts in names}
    if len(tops) != 1 or any(len(parts) < 2 for parts in names):
        return False
    top = next(iter(tops))
    if is_platforms(top):
        return False
    seconds = {parts[1] for parts in names} - {""}
    canvas = canvas_matches(seconds)
    # A student's archive may hold a file that looks so, but not those of several students.
    is_canvas = len({match["name"] for match in canvas}) > 1 or not is_archive_name(top)
    if GRADESCOPE_FILE in seconds or (canvas and is_canvas):
        return True
    below = [parts for parts in names if parts[1] and not is_junk(parts[1])]
    notebooks = [parts for parts in below if parts[-1].lower().endswith(CODE)]
    others = {parts[1] for parts in below}
    return len(others) > 1 and bool(notebooks) and all(len(parts) > 2 for parts in notebooks)


def _above_many(files: Sequence[File]) -> int:
    """How many folders lie around the only one, if in that is a notebook of each student.

    Of one student's notebooks some are versions of each other, or not written.
    """
    folders = {file.parts[:-1] for file in files}
    notebooks = [file for file in files if file.suffix == ".ipynb"]
    topics = {topic(file.parts[-1]) for file in notebooks}
    if len(folders) != 1 or len(topics) < 2 or len(topics) < len(notebooks):
        return 0
    (folder,) = folders
    if any(is_platforms(part) or is_archive_name(part) for part in folder):
        return 0
    return len(folder) if all(map(is_written, notebooks)) else 0
