"""Refuses a decision made on a page that doesn't show yet what was decided about the same."""

from __future__ import annotations

from collections.abc import Sequence

from grader.decisions.yaml_text import RawEntry
from grader.desk.course_state import Snapshot
from grader.desk.forms import FormError
from grader.report.course import TOTAL

_SETTLING = {"points", "status"}
"""What there is once of each target: the later takes the place of the earlier. Comments add up."""


def refuse_overtaken(newer: Sequence[RawEntry], entry: RawEntry, course: Snapshot) -> None:
    """Refuse a decision where somebody has decided about the same since its page was made.

    Args:
        newer: what the file of overrides has, and the page doesn't show.
        entry: the decision.
        course: knows what else a student is called, for an editor may have written another name.

    Raises:
        FormError: says what was decided, so that a person decides on.
    """
    for other in newer:
        if not _whom(other, course) & _whom(entry, course):
            continue
        what = []
        if _target(other) == _target(entry) and _SETTLING & entry.keys():
            what += [f"{other['points']} points"] if "points" in other else []
            what += [f"appeal {other['status']}"] if "status" in other else []
        times = (key for key in ("due", "submitted") if key in other and key in entry)
        what += [f"{key} {other[key]}" for key in times]
        if what:
            raise FormError(
                f"{other.get('by') or 'Somebody'} has decided about this since you opened the "
                f"page: {', '.join(what)}. Nothing of yours is written. Look at it, and decide "
                "again."
            )


def _whom(entry: RawEntry, course: Snapshot) -> frozenset[str]:
    """Return whom an entry is for: what it names, and the submissions that are called so."""
    if "where" in entry:
        return frozenset((f"where {entry['where']}",))
    student = str(entry.get("student", ""))
    called = (name for name, it in course.graded.items() if it.is_called(student))
    return frozenset((student, *called))


def _target(entry: RawEntry) -> str:
    return str(entry.get("target") or TOTAL)
