"""What the course's page must know of all entries before it can write the first row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grader.report.cohort import Figures, Summary
from grader.report.course import Entry
from grader.report.gradebook import flags
from grader.report.index_rows import Columns, ids_of
from grader.report.words import title_of

_FEW = 2
"""What so few have is never common."""
_MOST_FLAGS = 20_000
"""Different flags that are counted at once: notes, which name files, differ with every student."""


@dataclass(frozen=True)
class OpenAppeal:
    """An appeal that nobody has decided: whose, the address of their page or "", about what."""

    called: str
    page: str
    about: str


@dataclass(frozen=True)
class Survey:
    """What one look at all entries finds.

    Attributes:
        summary: the figures of the course.
        columns: what its rows have in common.
        appeals: the first open ones.
        open_appeals: how many are open.
    """

    summary: Summary
    columns: Columns
    appeals: tuple[OpenAppeal, ...]
    open_appeals: int


def survey_of(
    entries: Iterable[Entry],
    pages: Mapping[str, str],
    misconceptions: Mapping[str, str],
    most_named: int | None,
) -> Survey:
    """Look at all entries, once.

    Args:
        entries: the course.
        pages: entry's name -> address of the student's page.
        misconceptions: id -> the misconception in words.
        most_named: how many entries are named of those that share something; None means all.
    """
    figures, common = Figures(most_named), _CommonFlags()
    has_ids, open_appeals = False, 0
    appeals: list[OpenAppeal] = []
    for entry in entries:
        figures.add(entry)
        common.add(flags(entry))
        has_ids = has_ids or bool(ids_of(entry))
        for appeal in entry.appeals:
            if appeal.status == "open":
                open_appeals += 1
                if most_named is None or open_appeals <= most_named:
                    about = title_of(appeal.target, entry.result)
                    appeals.append(OpenAppeal(entry.called, pages.get(entry.name, ""), about))
    summary = figures.summary(misconceptions)
    columns = Columns(summary.tasks, has_ids, common.found())
    return Survey(summary, columns, tuple(appeals), open_appeals)


class _CommonFlags:
    """The flags that more than half of the entries have, out of any number of flags.

    Where there are too many different ones, the rarer half is forgotten. What half of a large
    course has is never among it, but at its very first.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._entries = 0

    def add(self, flags: Iterable[str]) -> None:
        self._entries += 1
        self._counts.update(set(flags))
        if len(self._counts) > _MOST_FLAGS:
            self._counts = Counter(dict(self._counts.most_common(_MOST_FLAGS // 2)))

    def found(self) -> frozenset[str]:
        least = max(_FEW, self._entries / 2)
        return frozenset(flag for flag, count in self._counts.items() if count > least)
