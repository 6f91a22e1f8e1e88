"""Figures of a whole course: the distribution, lost points, misconceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from grader.report.course import Entry
from grader.report.result import CheckResult, TaskResult
from grader.report.words import grouped, number

_BINS = 10
NOT_GRADED = {
    "ungradable": "could not be graded",
    "grader_error": "are open, since the grader itself failed on them",
}


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
    """A misconception in words, the title of its task, and the names of the entries that have it.

    ``task`` is "" for what no task is known of.
    """

    title: str
    task: str
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The figures of a course.

    Attributes:
        count: of all submissions; a group counts as one.
        points: those of everybody who is graded.
        most: the maximum of points.
        distribution: stretches of points, how many submissions have them, bars' lengths up to 1.
        losses: tasks in their order, each followed by its checks with the costliest first.
        misconceptions: the most frequent first.
        not_graded: why, in words, and the names of the entries.
        tasks: ids and titles.
    """

    count: int
    points: tuple[float, ...]
    most: float
    mean: float
    median: float
    distribution: tuple[tuple[str, int, float], ...]
    losses: tuple[Loss, ...]
    misconceptions: tuple[Misunderstood, ...]
    not_graded: tuple[tuple[str, tuple[str, ...]], ...]
    tasks: tuple[tuple[str, str], ...]


def summary_of(entries: Sequence[Entry], misconceptions: Mapping[str, str]) -> Summary:
    """Return the figures of a course; ``misconceptions`` has their titles by id."""
    graded = [entry for entry in entries if entry.result.status == "graded"]
    points = tuple(entry.result.points for entry in graded)
    most = max((entry.result.max_points for entry in entries), default=0.0)
    not_graded = (
        (words, tuple(entry.name for entry in entries if entry.result.status == status))
        for status, words in NOT_GRADED.items()
    )
    titles = {task.id: task.title for entry in entries for task in entry.result.tasks}
    return Summary(
        len(entries),
        points,
        most,
        fmean(points) if points else 0.0,
        median(points) if points else 0.0,
        _bars(points, most),
        _losses(graded),
        _ranked(entries, misconceptions),
        tuple((words, names) for words, names in not_graded if names),
        tuple(titles.items()),
    )


def _losses(graded: Sequence[Entry]) -> tuple[Loss, ...]:
    losses = []
    for tasks in grouped((task for entry in graded for task in entry.result.tasks), "id"):
        checks = grouped((check for task in tasks for check in task.checks), "id")
        losses += [_loss(tasks), *sorted(map(_loss, checks), key=lambda loss: -loss.lost)]
    return tuple(losses)


def _loss(parts: Sequence[TaskResult] | Sequence[CheckResult]) -> Loss:
    """Return what students lose in one task or check, of which each has a result."""
    lost = [part.max_points - part.points for part in parts]
    most = max(part.max_points for part in parts)
    students = sum(points > 0 for points in lost)
    return Loss(parts[-1].title, isinstance(parts[-1], TaskResult), fmean(lost), most, students)


def _ranked(entries: Sequence[Entry], titles: Mapping[str, str]) -> tuple[Misunderstood, ...]:
    """Return what is misunderstood, and by whom; each counts once a submission."""
    having: dict[str, list[str]] = {}
    tasks: dict[str, str] = {}
    for entry in entries:
        found = [
            (id, t.title) for t in entry.result.tasks for c in t.lost for id in c.misconceptions
        ]
        for id, task in dict(found).items():
            having.setdefault(id, []).append(entry.name)
            tasks.setdefault(id, task)
    ranked = sorted(having.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Misunderstood(titles.get(id, id), tasks[id], tuple(names)) for id, names in ranked)


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
