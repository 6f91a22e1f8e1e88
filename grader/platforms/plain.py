"""Owners where there is no platform: a folder a student, or a file a student."""

from __future__ import annotations

from grader.platforms.download import ARCHIVE_SUFFIXES, CODE, Owner, Parts, is_archive_name
from grader.platforms.names import composed, shown
from grader.report.course import Identity

_ADDED = (
    *(".txt", ".json", ".download", ".crdownload", ".part", ".tmp", ".bak", ".orig", ".htm"),
    *(".html", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".pages", ".md", ".tex", ".ppt", ".pptx"),
    *(".png", ".jpg", ".jpeg", ".heic", ".url", ".webloc", ".lnk", ".xlsx", ".m", ".r", ".ipynb"),
)
"""Endings that are no part of a student's name."""


def plain_owner(parts: Parts) -> Owner:
    """Return the owner by a name that no platform made: a folder a student, or a file a student.

    A student's archive is a folder by now.
    """
    first, rest = parts[0], parts[1:]
    is_folder = bool(rest) and not is_archive_name(first)
    stem = first if is_folder else _stem(first)
    student = Identity(shown(stem), prefix=f"{first}/" if rest else stem)
    return Owner(("folder", composed(stem)), (student,), stem, rest or (first,))


def _stem(name: str) -> str:
    """Return a file's name without what says its kind, or what programs added to it."""
    name = name.rstrip("~") or name
    low = name.lower()
    for end in CODE:
        at = low.rfind(f"{end}.")
        if at > 0 and low[at + len(end) :].endswith((*_ADDED, *ARCHIVE_SUFFIXES)):
            return name[:at]
    end = next((end for end in (*CODE, *ARCHIVE_SUFFIXES, *_ADDED) if low.endswith(end)), "")
    return name[: len(name) - len(end)] or name
