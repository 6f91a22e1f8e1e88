"""Take off the folders around the students' own files and folders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from grader.assignment import Assignment
from grader.course.choose import is_written, topic
from grader.course.pile_names import pile_of
from grader.course.work_names import is_section, is_work_name
from grader.platforms import METADATA_FILES, is_platform_name, student_depths, students_in
from grader.platforms.download import (
    CODE,
    MIRROR,
    File,
    Listing,
    Parts,
    filled_folders,
    is_archive_name,
    is_junk,
)
from grader.platforms.plain import plain_owner
from grader.platforms.platform import Tree, Values

_MAX_WRAPPERS = 4


def unwrap(
    listed: Listing, path: Path, assignment: Assignment, values: Values
) -> tuple[Listing, Tree | None, bool]:
    """Return what was listed below ``path``, as seen from the folder of submissions.

    Beside it are the platform's tree of which it is a part, if it is one, and whether a platform's
    own file lies beside the students' folders.

    Raises:
        SubmissionsError: a platform's tree doesn't hold what ``values`` of options ask for.
    """
    listed = replace(listed, traces=_telling(listed))
    of_platform = student_depths(listed.names, path.name)
    if of_platform is not None:
        platform, depths = of_platform
        assert platform.narrow is not None
        tree = platform.narrow(_without_outer(listed, depths), values)
        return tree.listing, tree, False
    has_own = any(map(_above_platforms, listed.names))
    is_work = partial(is_work_name, assignment)
    seen = _without_outer(listed, outer_folders(listed.names, is_work))
    has_metadata = not has_own and any(
        len(parts) == 1 and parts[0] in METADATA_FILES for parts in seen.names
    )
    if path.is_file():
        around = _above_many(seen.files, assignment)
        seen = seen.renamed(lambda parts: parts[around:])
    return seen, None, has_metadata


def _telling(listed: Listing) -> tuple[Parts, ...]:
    """Return the traces that may tell of a student: no folders in which something else lies."""
    filled = filled_folders(listed.names)
    kept = (parts for parts in listed.traces if parts[-1] or parts[:-1] not in filled)
    # A Mac packs a mirror of all folders, in which the names are the same.
    mirrored = (parts[parts[0] == MIRROR :] for parts in kept)
    return tuple(parts for parts in mirrored if any(parts))


def _without_outer(listed: Listing, depths: Sequence[int | None]) -> Listing:
    """Return the same without so many outer folders each; what has no depth is left out.

    Files that would have the same name keep the folders within that of the student.
    """
    depth_of = dict(zip(listed.names, depths, strict=True))
    often = Counter(parts[depth_of[parts] or 0 :] for parts in (it.parts for it in listed.files))
    del often[()]

    def rename(parts: Parts) -> Parts:
        depth = depth_of[parts]
        named = () if depth is None else parts[depth:]
        return (named[0], *parts[:depth], *(named[1:] or named)) if often[named] > 1 else named

    return listed.renamed(rename)


def outer_folders(
    names: Sequence[Parts], is_work: Callable[[str], bool] = lambda name: False
) -> list[int]:
    """Return how many outer folders to take off each name.

    A folder around everything is taken off if the submissions are seen to lie further in: beside
    a platform's metadata, under names of a platform's pattern, or in at least two folders, which
    aren't one student's for parts of the work.
    Whatever lies above names that only platforms write is taken off each for itself: a course may
    have been downloaded in parts.
    """
    depths = [_above_platforms(parts) for parts in names]
    if any(depths):
        most = max(depths)
        return [
            at if at or is_platform_name(parts[0]) else min(most, len(parts) - 1)
            for at, parts in zip(depths, names, strict=True)
        ]
    taken = 0
    # What systems leave behind may lie beside a folder that is taken off.
    while more := _wrappers([parts[taken:] for parts in names if len(parts) > taken], is_work):
        taken += more
    return [taken] * len(names)


def _above_platforms(parts: Parts) -> int:
    """Return how many folders lie above the first name that only platforms write."""
    for depth in range(min(3, len(parts))):
        if is_platform_name(parts[depth]):
            return depth
    return 0


def _wrappers(names: Sequence[Parts], is_work: Callable[[str], bool]) -> int:
    """Return how many folders lie around everything, each alone in the one above it."""
    for depth in range(_MAX_WRAPPERS):
        if _is_wrapped([parts[depth:] for parts in names], is_work):
            return depth + 1
        tops = {parts[depth : depth + 1] for parts in names}
        if len(tops) != 1 or any(len(parts) < depth + 2 for parts in names):
            return 0
        ((top,),) = tops
        if is_platform_name(top) or is_archive_name(top):
            return 0
    return 0


def _is_wrapped(names: Sequence[Parts], is_work: Callable[[str], bool]) -> bool:
    names = [parts for parts in names if not (len(parts) == 1 and is_junk(parts[0]))]
    tops = {parts[0] for parts in names}
    if len(tops) != 1 or any(len(parts) < 2 for parts in names):
        return False
    top = next(iter(tops))
    if is_platform_name(top):
        return False
    seconds = {parts[1] for parts in names} - {""}
    students = students_in(seconds)
    # A student's archive may hold a file that looks so, but not those of several students.
    is_of_many = len(students) > 1 or not is_archive_name(top)
    if seconds & METADATA_FILES or (students and is_of_many):
        return True
    below = [parts for parts in names if parts[1] and not is_junk(parts[1])]
    notebooks = [parts for parts in below if parts[-1].lower().endswith(CODE)]
    others = {parts[1] for parts in below}
    if not is_work(top) and not is_section(top) and _are_of_one(below, is_work):
        return False
    return len(others) > 1 and bool(notebooks) and all(len(parts) > 2 for parts in notebooks)


def _are_of_one(names: Sequence[Parts], is_work: Callable[[str], bool]) -> bool:
    """Return whether folders are one student's for parts of the work, by what they are called.

    Numbers may be students; and students' names may lie in what is called like work.
    """
    for folder in {parts[1] for parts in names}:
        pile = pile_of(folder)
        is_word = is_work(folder) and re.search(r"[^\W\d_]", folder) is not None
        if not (pile.is_sure if pile else is_word):
            return False
    within = {plain_owner(parts[2:]).text for parts in names if len(parts) > 2}
    return len({topic(name) for name in within if len(name) > 1 and not is_work(name)}) < 2


def _above_many(files: Sequence[File], assignment: Assignment) -> int:
    """Return how many folders lie around the only one, if in that is a notebook of each student.

    Of one student's notebooks some are versions of each other, or not written.
    """
    folders = {file.parts[:-1] for file in files}
    notebooks = [file for file in files if file.suffix == ".ipynb"]
    topics = {topic(file.parts[-1]) for file in notebooks}
    if len(folders) != 1 or len(topics) < 2 or len(topics) < len(notebooks):
        return 0
    (folder,) = folders
    if any(is_platform_name(part) or is_archive_name(part) for part in folder):
        return 0
    return len(folder) if all(is_written(file, assignment) for file in notebooks) else 0
