"""report/index.html: the course for the instructor, in one file that loads nothing.

Its only script, which sorts and searches the table, is named by its hash in the page's policy, so
nothing else could run; without it the table is complete all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from grader.report.cohort import summary_of
from grader.report.course import Entry
from grader.report.gradebook import flags, known_points
from grader.report.rendering import render
from grader.untrusted_text import clean

_MISCONCEPTIONS = 10
"""How many are shown at once; the others are folded away."""


def to_index(
    entries: Sequence[Entry],
    pages: Mapping[str, str],
    title: str,
    misconceptions: Mapping[str, str],
) -> str:
    """Return the course as a page.

    Args:
        entries: the course.
        pages: entry's name -> address of the student's page, seen from this one.
        title: of the assignment.
        misconceptions: id -> the misconception in words.
    """
    summary = summary_of(entries, misconceptions)
    tasks = [id for id, _ in summary.tasks]
    rows = [_row(entry, pages.get(entry.name, ""), tasks) for entry in entries]
    return render(
        "index.html",
        title=title,
        cohort=summary,
        rows=rows,
        most_shown=_MISCONCEPTIONS,
        has_ids=any(ids for _, ids, *_ in rows),
    )


def _row(entry: Entry, page: str, tasks: Sequence[str]) -> tuple[object, ...]:
    """Return who, their ids, the page, points (the sum first), the status and flags."""
    return (
        _joined((student.name for student in entry.students), 300),
        _joined((student.id for student in entry.students if student.id), 300),
        page,
        known_points(entry.result, tasks),
        entry.result.status.replace("_", " "),
        _joined(flags(entry), 1000, "; "),
    )


def _joined(texts: Iterable[str], limit: int, separator: str = ", ") -> str:
    return clean(separator.join(texts), limit)
