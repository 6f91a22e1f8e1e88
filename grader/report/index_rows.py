"""The rows of the course's table, each a piece of HTML, and how they are parted into pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from grader.report.course import Entry
from grader.report.gradebook import flags, known_points
from grader.report.rendering import macro
from grader.untrusted_text import clean, cut

MOST_ROWS = 1000
"""Of a page: so many are sorted and searched without a pause."""
MOST_BYTES = 1_500_000
"""Of a page's rows: with what stands around them, a page stays under 2 MB."""
FILES = "students-[0-9][0-9][0-9][0-9]*.html"
"""What the files of pages are called, as a pattern."""
_LONGEST_IN_LINK = 40


@dataclass(frozen=True)
class Columns:
    """What hangs on the whole course in each of its rows.

    Attributes:
        tasks: ids and titles.
        has_ids: whether there is a column for ids.
        common: flags that most students have, which stand apart from the others.
    """

    tasks: tuple[tuple[str, str], ...]
    has_ids: bool
    common: Collection[str]


@dataclass(frozen=True)
class Row:
    """A submission's row: who handed it in, what needs a look, and the row as HTML."""

    called: str
    flags: str
    html: str


@dataclass(frozen=True)
class Page:
    """Rows that are shown together.

    Attributes:
        number: of the page, from 1.
        start: the place of its first row in the course, from 1.
        end: the place of its last row.
        first: whose row is the first, cut for a link.
        last: whose row is the last.
    """

    number: int
    start: int
    end: int
    first: str
    last: str

    @property
    def file(self) -> str:
        """The name of its file, beside the course's page."""
        return file_of(self.number)

    @property
    def covers(self) -> str:
        """Whose rows it has: "Ada to Bo"."""
        return self.first if self.start == self.end else f"{self.first} to {self.last}"


def file_of(number: int) -> str:
    """Return what the file of a page of rows is called."""
    return f"students-{number:04d}.html"


def row_of(entry: Entry, page: str, columns: Columns) -> Row:
    """Return the row of an entry, with the points that count.

    ``page`` is the address of the student's page, or "".
    """
    status, reason = entry.result.status, entry.result.reason
    first = [] if status == "graded" else [f"{status.replace('_', ' ')}: {reason}"]
    said = (reason or "") if first else ""  # a note may be how the reason begins
    found = [flag for flag in flags(entry) if flag != status and not said.startswith(flag)]
    rare = _joined([*first, *(flag for flag in found if flag not in columns.common)], 1000, "; ")
    _, *of_tasks = known_points(entry.result, [id for id, _ in columns.tasks])
    html = macro("index_rows.html", "row")(
        called=called(entry),
        ids=ids_of(entry) if columns.has_ids else None,
        page=page,
        values=(entry.counting_points, *of_tasks),
        is_open=entry.result.has_open_points,
        flags=rare,
        common=_joined((flag for flag in found if flag in columns.common), 1000, "; "),
    )
    return Row(called(entry), rare, html)


def called(entry: Entry) -> str:
    """Return who handed it in, for a table: names, without what isn't meant for the eye."""
    names = _joined((student.name for student in entry.students), 300)
    return names if names.strip() else entry.name


def ids_of(entry: Entry) -> str:
    """Return the ids or else addresses of whoever handed it in; "" where none is known."""
    return _joined(filter(None, (student.id or student.email for student in entry.students)), 300)


def for_link(name: str) -> str:
    """Return a name as short as a link of a long list has it."""
    return cut(name, _LONGEST_IN_LINK)


def parted(rows: Iterable[Row]) -> Iterator[tuple[Page, Sequence[str], bool]]:
    """Yield pages with their rows as HTML, and whether it is the last; one is held at a time."""
    number, start, size = 1, 1, 0
    held: list[str] = []
    first = last = ""
    for row in rows:
        bytes_of_row = len(row.html.encode())
        if held and (len(held) == MOST_ROWS or size + bytes_of_row > MOST_BYTES):
            yield Page(number, start, start + len(held) - 1, first, last), held, False
            number, start, size, held = number + 1, start + len(held), 0, []
        last = for_link(row.called)
        first = last if not held else first
        held.append(row.html)
        size += bytes_of_row
    if held:
        yield Page(number, start, start + len(held) - 1, first, last), held, True


def _joined(texts: Iterable[str], limit: int, separator: str = ", ") -> str:
    return clean(separator.join(texts), limit)
