"""report/index.html: the course for the instructor, in one file that loads nothing.

Its only script, which sorts and searches the table, is named by its hash in the page's policy, so
nothing else could run; without it the table is complete all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from grader.report.cohort import summary_of
from grader.report.course import Entry
from grader.report.gradebook import flags, known_points
from grader.report.rendering import render
from grader.report.words import title_of
from grader.untrusted_text import clean

_FEW = 2
"""What so few have is never common."""
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
    common = _common(entries)
    rows = [_row(entry, pages.get(entry.name, ""), tasks, common) for entry in entries]
    return render(
        "index.html",
        title=title,
        cohort=summary,
        rows=rows,
        students={entry.name: (_called(entry), pages.get(entry.name, "")) for entry in entries},
        most_shown=_MISCONCEPTIONS,
        has_ids=any(ids for _, ids, *_ in rows),
        appeals=[
            (_called(entry), pages.get(entry.name, ""), title_of(appeal.target, entry.result))
            for entry in entries
            for appeal in entry.appeals
            if appeal.status == "open"
        ],
    )


def _row(
    entry: Entry, page: str, tasks: Sequence[str], common: Collection[str]
) -> tuple[object, ...]:
    """Return who, ids, the page, points (the sum first), if some are open, and what to look at.

    Flags that most students have are apart from the others.
    """
    status, reason = entry.result.status, entry.result.reason
    found = [flag for flag in flags(entry) if flag != status]
    first = [] if status == "graded" else [f"{status.replace('_', ' ')}: {reason}"]
    return (
        _called(entry),
        _joined((student.id for student in entry.students if student.id), 300),
        page,
        known_points(entry.result, tasks),
        status == "grader_error" or entry.result.waits_for_person,
        _joined([*first, *(flag for flag in found if flag not in common)], 1000, "; "),
        _joined((flag for flag in found if flag in common), 1000, "; "),
    )


def _called(entry: Entry) -> str:
    return _joined((student.name for student in entry.students), 300)


def _common(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the flags that more than half of the entries have."""
    counts = Counter(flag for entry in entries for flag in set(flags(entry)))
    least = max(_FEW, len(entries) / 2)
    return frozenset(flag for flag, count in counts.items() if count > least)


def _joined(texts: Iterable[str], limit: int, separator: str = ", ") -> str:
    return clean(separator.join(texts), limit)
