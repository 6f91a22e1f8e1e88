"""The sentence on folders of which it can't be told whether they are students."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from grader.platforms.names import listed, shown

_MOST_NAMED = 5


def students_or_sections(wide: Mapping[str, Collection[str]]) -> str:
    """Return a sentence on folders that may be sections, by what lies in them; "" for none."""
    if not wide:
        return ""
    folders = [
        f"{shown(name)} ({', '.join(map(shown, sorted(within)[:_MOST_NAMED]))})"
        for name, within in sorted(wide.items())
    ]
    return (
        "Whether these folders are students or sections with students in them can't be told, so "
        f"each was taken for one student: {listed(folders, _MOST_NAMED)}. If they are sections, "
        "give the folder of each on its own."
    )


def one_or_several(places: Mapping[str, Collection[str]]) -> str:
    """Return a sentence on names that are found in several folders; "" for none."""
    if not places:
        return ""
    names = [
        f"{shown(name)} ({', '.join(map(shown, sorted(within)[:_MOST_NAMED]))})"
        for name, within in sorted(places.items())
    ]
    return (
        "Whether who has the same name in several folders is one student can't be told, so each "
        f"was taken for another: {listed(names, _MOST_NAMED)}."
    )
