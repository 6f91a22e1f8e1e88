"""Leave out folders of results that an earlier grading left among the submissions."""

from __future__ import annotations

from dataclasses import replace

from grader.platforms.download import Listing, Parts
from grader.platforms.names import shown

_ROSTER = "course.json"
_BESIDE_IT = ("results", "course.sqlite", "gradebook.csv")


def without_results(listed: Listing) -> Listing:
    """Return what was listed without results, and a notice of each earlier grading."""
    rosters = {parts[:-1] for parts in listed.names if parts[-1] == _ROSTER and len(parts) > 1}
    if not rosters:
        return listed
    heads = {parts[:at] for parts in listed.names for at in range(1, len(parts) + 1)}
    earlier = {it for it in rosters if any((*it, name) in heads for name in _BESIDE_IT)}

    def rename(parts: Parts) -> Parts:
        return () if any(parts[: len(it)] == it for it in earlier) else parts

    names = (shown("/".join(it)) for it in sorted(earlier))
    notices = [
        f"{name}/ holds the results of an earlier grading; it was left out." for name in names
    ]
    return replace(listed.renamed(rename), notices=(*listed.notices, *notices))
