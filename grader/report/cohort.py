"""Figures of a whole course: the distribution, lost points, misconceptions.

They are counted while the entries pass by once: of a course of any size no more is kept than a
number for each submission.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from math import fsum
from statistics import fmean, median

from grader.report.course import Entry
from grader.report.result import CheckResult, TaskResult
from grader.report.words import number

_BINS = 10
_MOST_UNTIMED = 20
"""How many are named of whom nobody knows when they handed in."""
NOT_GRADED = {
    "ungradable": "could not be graded",
    "nothing": "handed in nothing that can be graded",
    "grader_error": "left open, since the grader itself failed",
}


@dataclass(frozen=True)
class Names:
    """The names of the first of some entries, and how many entries there are."""

    first: tuple[str, ...]
    count: int

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.first)


@dataclass(frozen=True)
class Loss:
    """Points that a task or a check costs on average, and how many students lose any there."""

    title: str
    is_task: bool
    lost: float
    most: float
    students: int


@dataclass(frozen=True)
class Misunderstood:
    """A misconception in words, the title of its task, and the entries that have it.

    ``task`` is "" for what no task is known of.
    """

    title: str
    task: str
    entries: Names


@dataclass(frozen=True)
class Summary:
    """The figures of a course.

    Attributes:
        count: of all submissions; a group counts as one.
        points: those that count, of everybody who is graded and of whom nothing is open.
        most: the maximum of points.
        distribution: stretches of points, how many submissions have them, bars' lengths up to 1.
        losses: tasks in their order, each followed by its checks with the costliest first.
        misconceptions: the most frequent first.
        not_graded: why, in words, and the entries.
        by_hand: the entries in which a task waits for a person, graded otherwise or not.
        tasks: ids and titles.
        untimed: the entries of which nobody knows whether they came late.
    """

    count: int
    points: Sequence[float]
    most: float
    mean: float
    median: float
    distribution: tuple[tuple[str, int, float], ...]
    losses: tuple[Loss, ...]
    misconceptions: tuple[Misunderstood, ...]
    not_graded: tuple[tuple[str, Names], ...]
    by_hand: Names
    tasks: tuple[tuple[str, str], ...]
    untimed: Names


def kind_of_ungraded(entry: Entry) -> str:
    """Return why an entry isn't graded, as a key of `NOT_GRADED`."""
    return "nothing" if entry.is_nothing else entry.result.status


def summary_of(entries: Iterable[Entry], misconceptions: Mapping[str, str]) -> Summary:
    """Return the figures of a course; ``misconceptions`` has their titles by id."""
    figures = Figures()
    for entry in entries:
        figures.add(entry)
    return figures.summary(misconceptions)


class Figures:
    """The figures of a course while its entries pass by, one after the other.

    ``most_named`` is how many entries are named of those that share something; None means all.
    """

    def __init__(self, most_named: int | None = None) -> None:
        self._most_named = most_named
        self._count = 0
        self._points = array("d")
        self._most = 0.0
        self._titles: dict[str, str] = {}
        self._of_tasks: dict[str, _Losses] = defaultdict(_Losses)
        self._of_checks: dict[str, dict[str, _Losses]] = defaultdict(partial(defaultdict, _Losses))
        self._having: dict[str, tuple[str, _Names]] = {}
        self._not_graded = {status: _Names() for status in NOT_GRADED}
        self._by_hand = _Names()
        self._untimed = _Names()

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        result = entry.result
        self._most = max(self._most, result.max_points) if self._count else result.max_points
        self._count += 1
        self._titles |= {task.id: task.title for task in result.tasks}
        if result.waits_for_person:
            self._by_hand.add(entry.name, self._most_named)
        if entry.is_untimed:
            self._untimed.add(entry.name, _MOST_UNTIMED)
        if result.status == "graded":
            if entry.counting_points is not None:
                self._points.append(entry.counting_points)
            for task in result.tasks:
                if task.undecided or task.in_total:
                    continue  # nobody has said that anything is lost there
                self._of_tasks[task.id].add(task)
                of_checks = self._of_checks[task.id]
                for check in task.checks:
                    of_checks[check.id].add(check)
        else:
            self._not_graded[kind_of_ungraded(entry)].add(entry.name, self._most_named)
        found = {id: t.title for t in result.tasks for c in t.lost for id in c.misconceptions}
        for id, task_title in found.items():
            _, names = self._having.setdefault(id, (task_title, _Names()))
            names.add(entry.name, self._most_named)

    def summary(self, misconceptions: Mapping[str, str]) -> Summary:
        """Return the figures so far; ``misconceptions`` has their titles by id."""
        points = self._points
        losses: list[Loss] = []
        for id, of_task in self._of_tasks.items():
            checks = [of_check.loss(False) for of_check in self._of_checks[id].values()]
            losses += [of_task.loss(True), *sorted(checks, key=lambda loss: -loss.lost)]
        ranked = sorted(self._having.items(), key=lambda item: (-item[1][1].count, item[0]))
        return Summary(
            self._count,
            points,
            self._most,
            fmean(points) if points else 0.0,
            median(points) if points else 0.0,
            _bars(points, self._most),
            tuple(losses),
            tuple(
                Misunderstood(misconceptions.get(id, id), task, names.frozen())
                for id, (task, names) in ranked
            ),
            tuple(
                (NOT_GRADED[status], names.frozen())
                for status, names in self._not_graded.items()
                if names.count
            ),
            self._by_hand.frozen(),
            tuple(self._titles.items()),
            self._untimed.frozen(),
        )


@dataclass
class _Names:
    """Names while they are collected."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, name: str, most: int | None) -> None:
        if most is None or self.count < most:
            self.first.append(name)
        self.count += 1

    def frozen(self) -> Names:
        return Names(tuple(self.first), self.count)


@dataclass
class _Losses:
    """What students lose in one task or check: there are few amounts, however many students."""

    title: str = ""
    most: float = float("-inf")
    amounts: dict[float, int] = field(default_factory=dict)

    def add(self, part: TaskResult | CheckResult) -> None:
        self.title = part.title
        self.most = max(self.most, part.max_points)
        lost = part.max_points - part.points
        self.amounts[lost] = self.amounts.get(lost, 0) + 1

    def loss(self, is_task: bool) -> Loss:
        amounts = self.amounts
        # One after the other, so that rounding doesn't hang on how often an amount is there.
        lost = fsum(chain.from_iterable(repeat(lost, count) for lost, count in amounts.items()))
        students = sum(count for lost, count in amounts.items() if lost > 0)
        return Loss(self.title, is_task, lost / sum(amounts.values()), self.most, students)


def _bars(points: Sequence[float], most: float) -> tuple[tuple[str, int, float], ...]:
    """Return stretches of points, how many submissions have them, and bars' lengths up to 1."""
    if not points or most <= 0:
        return ()
    counts = Counter(min(int(earned / most * _BINS), _BINS - 1) for earned in points)
    ends = [number(most * place / _BINS) for place in range(_BINS + 1)]
    highest = max(counts.values())
    return tuple(
        (f"{ends[place]} to {ends[place + 1]}", counts[place], counts[place] / highest)
        for place in range(_BINS)
    )
