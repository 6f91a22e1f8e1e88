"""The sentence on folders of which it can't be told whether they are students."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from grader.platforms.names import listed, shown

_MOST_NAMED = 5


def students_or_sections(wide: Mapping[str, Collection[str]]) -> str:
    """Return a sentence on folders that may be sections, by what lies in them; "" for none."""
    if not wide:
        return ""
    return (
        "Whether these folders are students or sections with students in them can't be told, so "
        f"each was taken for one student: {_named(wide)}. If they are sections, "
        "give the folder of each on its own."
    )


def one_or_several(places: Mapping[str, Collection[str]]) -> str:
    """Return a sentence on names that are found in several folders; "" for none."""
    if not places:
        return ""
    return (
        "Whether who has the same name in several folders is one student can't be told, so each "
        f"was taken for another: {_named(places)}."
    )


def _named(within: Mapping[str, Collection[str]]) -> str:
    """Name the first of them, each with the first names that go with it."""
    names = [
        f"{shown(name)} ({', '.join(map(shown, sorted(others)[:_MOST_NAMED]))})"
        for name, others in sorted(within.items())
    ]
    return listed(names, _MOST_NAMED)
