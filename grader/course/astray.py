"""Names in an archive that lead elsewhere.

Nothing is read of such a member, but whom its name tells of has a row, as with damaged ones.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from grader.course.inside import outer
from grader.course.listing import CODE, Parts
from grader.platforms.nbgrader_tree import below_submitted

_ROOT = re.compile(r"[A-Za-z]:(?=/|$)|//[^/]+|(?=/)")


def why_astray(name: str) -> str:
    """Why a name in an archive is refused; "" if it isn't."""
    if _ROOT.match(name):
        return "has an absolute name"
    if ".." not in name.split("/"):
        return ""
    climbs = posixpath.normpath(name).split("/")[0] == ".."
    return "has a name that leads out of the archive" if climbs else "has '..' in its name"


def placed(astray: Sequence[str], beside: Sequence[Parts]) -> Iterator[tuple[str, Parts]]:
    """Each of these names, and the parts under which it is listed.

    Folders above the students' own are taken off, since names that start at a root have some of
    the maker's disk; folders that lie around the files beside them are put before.

    Args:
        astray: names for which `why_astray` has a reason.
        beside: the names of the archive's other files.
    """
    around = _around(beside)
    groups: dict[str | None, list[tuple[str, Parts]]] = {}
    for name in astray:
        match = _ROOT.match(name)
        if parts := _parts(name):
            groups.setdefault(match[0] if match else None, []).append((name, parts))
    for root, pairs in groups.items():
        names = _without_filled([parts for _, parts in pairs])
        depths, _ = outer(names)
        if root is not None and not any(depths):
            depths = [_above_folder(names)] * len(names)
        seen = zip(names, depths, strict=True)
        own = {parts: parts[min(depth, len(parts) - 1) :] for parts, depth in seen}
        for name, parts in pairs:
            if parts in own:
                is_inside = bool(around) and parts[: len(around)] == around
                yield name, parts if is_inside else (*around, *own[parts])


def _parts(name: str) -> Parts:
    """The parts of a name without its root, what it climbs over taken off; a folder's end in ""."""
    path = posixpath.normpath(f"/{_ROOT.sub('', name, count=1)}")
    parts = tuple(filter(None, path.split("/")))
    return (*parts, "") if parts and name.endswith("/") else parts


def _around(names: Sequence[Parts]) -> Parts:
    """The folders around all submissions."""
    if not names or below_submitted(names, "") is not None:
        return ()
    depths, _ = outer(names)
    return names[0][: depths[0]]


def _without_filled(names: Sequence[Parts]) -> list[Parts]:
    """The names without folders in which another of them lies."""
    filled = {parts[:at] for parts in names for at in range(1, len(parts) - (parts[-1] == ""))}
    return [parts for parts in dict.fromkeys(names) if parts[-1] or parts[:-1] not in filled]


def _above_folder(names: Sequence[Parts]) -> int:
    """How many folders to take off where all lie in one: it is a student's, or around many."""
    folders = {parts[:-1] for parts in names}
    if len(folders) != 1:
        return 0
    several = sum(parts[-1].lower().endswith(CODE) for parts in names) > 1
    (folder,) = folders
    return max(0, len(folder) - (not several))
