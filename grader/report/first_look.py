"""The rows of a large course that a person should look at first: some of each kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.report.course import Entry
from grader.report.index_rows import Row

_MOST_ROWS = 50
_MOST_BYTES = 120_000
"""Of a kind."""
_WORDS = {
    "open": "with points or a run that are still open",
    "appeal": "with an open appeal",
    "ungradable": "that could not be graded",
    "flagged": "with another flag that most don't have",
}
"""The kinds, the most urgent first."""


@dataclass
class _Kind:
    count: int = 0
    size: int = 0
    rows: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """Of a kind of submissions, how many there are and how many of them are shown."""

    words: str
    count: int
    shown: int


class FirstLook:
    """What needs a look first, found while the rows pass by."""

    def __init__(self) -> None:
        self._kinds = {kind: _Kind() for kind in _WORDS}

    def add(self, entry: Entry, row: Row) -> None:
        """Take the row if something is to be looked at, and few of its kind were there before."""
        name = _kind_of(entry, row)
        if not name:
            return
        kind = self._kinds[name]
        kind.count += 1
        size = len(row.html.encode())
        if len(kind.rows) < _MOST_ROWS and kind.size + size <= _MOST_BYTES:
            kind.rows.append(row.html)
            kind.size += size

    @property
    def rows(self) -> list[str]:
        """The rows as HTML, the most urgent first."""
        return [row for kind in self._kinds.values() for row in kind.rows]

    @property
    def kinds(self) -> list[Shown]:
        """What there is to look at."""
        return [
            Shown(_WORDS[name], kind.count, len(kind.rows))
            for name, kind in self._kinds.items()
            if kind.count
        ]


def _kind_of(entry: Entry, row: Row) -> str:
    """Return the most urgent kind that it is of; "" if there is nothing to look at."""
    if entry.result.is_open:
        return "open"
    if any(appeal.status == "open" for appeal in entry.appeals):
        return "appeal"
    if entry.result.status == "ungradable":
        return "ungradable"
    return "flagged" if row.flags else ""
