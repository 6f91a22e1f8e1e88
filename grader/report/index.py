"""report/index.html: the course for the instructor, in a file that loads nothing.

Its only script, which sorts and searches the table, is named by its hash in the page's policy, so
nothing else could run; without it the table is complete all the same.

A large course has its rows on pages of their own, so that none is too large to open; the course's
page then has the figures, whom to look at first, and the way to all pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.report.course import Entry
from grader.report.first_look import FirstLook
from grader.report.index_rows import (
    MOST_ROWS,
    Columns,
    Page,
    Row,
    file_of,
    for_link,
    parted,
    row_of,
)
from grader.report.index_survey import Survey, survey_of
from grader.report.rendering import render

INDEX_FILE = "index.html"
MOST_BYTES = 2_000_000
"""Of every page of a course."""
_MISCONCEPTIONS = 10
"""How many are shown at once; the others are folded away."""
_FOLDED = 200
"""How many are folded away in a large course."""
_NAMED = 20
"""How many of those who share something are named in a large course."""
_NAMED_FOLDED = 5
"""How many are named where that is folded away."""
_LINKS = 1000
"""How many pages are linked from the course's page; from there it goes on page by page."""


@dataclass(frozen=True)
class _Link:
    """A link to a page of rows, or to the first of several, and whose rows are there."""

    file: str
    covers: str
    start: int
    end: int


@dataclass
class _Seen:
    """What is kept of the rows of a large course that passed by.

    Attributes:
        named: names of the entries that the course's page links to.
        students: of these, what they are called, and the address of the student's page.
        look: whom to look at first.
        shelf: the pages of rows.
        has_pages: whether any student's page has an address.
    """

    named: frozenset[str]
    students: dict[str, tuple[str, str]] = field(default_factory=dict)
    look: FirstLook = field(default_factory=FirstLook)
    shelf: list[Page] = field(default_factory=list)
    has_pages: bool = False


def to_index(
    entries: Sequence[Entry],
    pages: Mapping[str, str],
    title: str,
    misconceptions: Mapping[str, str],
) -> str:
    """Return the course as one page with all its rows, however many; it passes over them twice.

    Args:
        entries: the course.
        pages: entry's name -> address of the student's page, seen from this one.
        title: of the assignment.
        misconceptions: id -> the misconception in words.
    """
    survey = survey_of(entries, pages, misconceptions, None)
    rows, students = [], {}
    for entry in entries:
        page = pages.get(entry.name, "")
        rows.append(row_of(entry, page, survey.columns).html)
        students[entry.name] = (entry.called, page)
    return render(
        "index.html",
        title=title,
        survey=survey,
        has_pages=any(page for _, page in students.values()),
        cohort=survey.summary,
        unnamed=0,
        rows=rows,
        students=students,
        most_shown=_MISCONCEPTIONS,
        most_named=(None, None),
        large=None,
    )


def to_index_pages(
    entries: Sequence[Entry],
    pages: Mapping[str, str],
    title: str,
    misconceptions: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of files, each under 2 MB, that show the course together.

    A course that fits one file has ``index.html`` alone, as `to_index` writes it. Of a larger one
    pages of rows come first, and ``index.html`` last. It passes over the entries twice, and where
    few rows are too long for one file four times; it holds the rows of one page at a time, and a
    number for each submission.

    Args:
        entries: the course, which may be read from the disk anew at each pass.
        pages: entry's name -> address of the student's page, seen from these; only looked up.
        title: of the assignment.
        misconceptions: id -> the misconception in words.
    """
    if len(entries) <= MOST_ROWS:
        index = to_index(entries, pages, title, misconceptions)
        if len(index.encode()) < MOST_BYTES:
            yield INDEX_FILE, index
            return
    survey = survey_of(entries, pages, misconceptions, _NAMED)
    summary = survey.summary
    shown = summary.misconceptions[: _MISCONCEPTIONS + _FOLDED]
    linked = (*(it.entries for it in shown), *(it for _, it in summary.not_graded), summary.by_hand)
    seen = _Seen(frozenset(name for names in linked for name in names.first))
    for page, rows, is_last in parted(_rows(entries, pages, survey.columns, seen)):
        seen.shelf.append(page)
        yield page.file, _page_of_rows(page, rows, is_last, survey, title)
    look = seen.look
    text = render(
        "index.html",
        title=title,
        survey=survey,
        has_pages=seen.has_pages,
        cohort=replace(summary, misconceptions=shown),
        unnamed=len(summary.misconceptions) - len(shown),
        rows=look.rows,
        students=seen.students,
        most_shown=_MISCONCEPTIONS,
        most_named=(_NAMED, _NAMED_FOLDED),
        large={"kinds": look.kinds, "links": _links(seen.shelf), "pages": len(seen.shelf)},
    )
    yield INDEX_FILE, text


def _rows(
    entries: Sequence[Entry], pages: Mapping[str, str], columns: Columns, seen: _Seen
) -> Iterator[Row]:
    """Yield the row of each entry, and keep of it in ``seen`` what the course's page needs."""
    for entry in entries:
        page = pages.get(entry.name, "")
        row = row_of(entry, page, columns)
        seen.look.add(entry, row)
        seen.has_pages = seen.has_pages or bool(page)
        if entry.name in seen.named:
            seen.students[entry.name] = (for_link(entry.called), page)
        yield row


def _page_of_rows(
    page: Page, rows: Sequence[str], is_last: bool, survey: Survey, title: str
) -> str:
    return render(
        "students.html",
        title=title,
        page=page,
        rows=rows,
        count=survey.summary.count,
        columns=survey.columns,
        before=file_of(page.number - 1) if page.number > 1 else "",
        following="" if is_last else file_of(page.number + 1),
    )


def _links(shelf: Sequence[Page]) -> list[_Link]:
    """Return links to the pages, or to each second, third and so on where they are too many."""
    step = max(1, -(-len(shelf) // _LINKS))
    links = []
    for place in range(0, len(shelf), step):
        first, last = shelf[place], shelf[min(place + step, len(shelf)) - 1]
        covered = replace(first, end=last.end, last=last.last)
        links.append(_Link(first.file, covered.covers, first.start, last.end))
    return links
