"""Names in an archive that lead out of it.

Nothing is read of such a member, but whom its name tells of has a row, as with damaged ones.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from grader.course.unwrap import outer_folders
from grader.platforms import student_depths
from grader.platforms.download import CODE, Parts, filled_folders

_ROOT = re.compile(r"[A-Za-z]:(?=/|$)|//[^/]+|(?=/)")


def why_unsafe(name: str) -> str:
    """Return why a name in an archive is refused; "" if it isn't."""
    if _ROOT.match(name):
        return "has an absolute name"
    if ".." not in name.split("/"):
        return ""
    climbs = posixpath.normpath(name).split("/")[0] == ".."
    return "has a name that leads out of the archive" if climbs else "has '..' in its name"


def with_safe_parts(unsafe: Sequence[str], beside: Sequence[Parts]) -> Iterator[tuple[str, Parts]]:
    """Yield each of these names, and the parts under which it is listed.

    Folders above the students' own are taken off, since names that start at a root have some of
    the maker's disk; folders that lie around the files beside them are put before.

    Args:
        unsafe: names for which `why_unsafe` has a reason.
        beside: the names of the archive's other files.
    """
    around = _around(beside)
    groups: dict[str | None, list[tuple[str, Parts]]] = {}
    for name in unsafe:
        match = _ROOT.match(name)
        if parts := _parts(name):
            groups.setdefault(match[0] if match else None, []).append((name, parts))
    for root, pairs in groups.items():
        names = _without_filled([parts for _, parts in pairs])
        depths = outer_folders(names)
        if root is not None and not any(depths):
            depths = [_above_folder(names)] * len(names)
        seen = zip(names, depths, strict=True)
        listed_as = {parts: parts[min(depth, len(parts) - 1) :] for parts, depth in seen}
        for name, parts in pairs:
            if parts in listed_as:
                is_inside = bool(around) and parts[: len(around)] == around
                yield name, parts if is_inside else (*around, *listed_as[parts])


def _parts(name: str) -> Parts:
    """Return the parts of a name without its root and what it climbs over; a folder's end in ""."""
    path = posixpath.normpath(f"/{_ROOT.sub('', name, count=1)}")
    parts = tuple(filter(None, path.split("/")))
    return (*parts, "") if parts and name.endswith("/") else parts


def _around(names: Sequence[Parts]) -> Parts:
    """Return the folders around all submissions."""
    if not names or student_depths(names, "") is not None:
        return ()
    return names[0][: outer_folders(names)[0]]


def _without_filled(names: Sequence[Parts]) -> list[Parts]:
    """Return the names without folders in which another of them lies."""
    filled = filled_folders(names)
    return [parts for parts in dict.fromkeys(names) if parts[-1] or parts[:-1] not in filled]


def _above_folder(names: Sequence[Parts]) -> int:
    """Return how many folders to take off where all lie in one, a student's or around many."""
    folders = {parts[:-1] for parts in names}
    if len(folders) != 1:
        return 0
    several = sum(parts[-1].lower().endswith(CODE) for parts in names) > 1
    (folder,) = folders
    return max(0, len(folder) - (not several))
