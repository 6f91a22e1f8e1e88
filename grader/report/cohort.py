"""What a course as a whole shows: the distribution, where points go, what is misunderstood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from markupsafe import Markup

from grader.kit.misconception import JOINT
from grader.report.course import Entry
from grader.report.plain import number
from grader.vae.misconceptions import CATALOGUE

_BINS = 10
_WIDTH, _ROW, _LEFT, _RIGHT = 360, 20, 70, 30


@dataclass(frozen=True)
class Loss:
    """Points that a task or a check costs on average, and how many students lose any there."""

    title: str
    is_task: bool
    lost: float
    most: float
    students: int


@dataclass(frozen=True)
class Cohort:
    """The figures of a course; ``points`` holds those of everybody who is graded."""

    count: int
    points: tuple[float, ...]
    most: float
    mean: float
    median: float
    distribution: Markup
    losses: tuple[Loss, ...]
    misconceptions: tuple[tuple[str, int], ...]
    not_graded: tuple[tuple[str, tuple[str, ...]], ...]
    tasks: tuple[tuple[str, str], ...]


def cohort(entries: Sequence[Entry]) -> Cohort:
    """The figures of a course; a group counts as one submission."""
    graded = [entry for entry in entries if entry.result.status == "graded"]
    points = tuple(entry.result.points for entry in graded)
    most = max((entry.result.max_points for entry in entries), default=0.0)
    not_graded = (
        (words, tuple(e.name for e in entries if e.result.status == status))
        for status, words in (
            ("ungradable", "could not be graded"),
            ("grader_error", "are open, since the grader itself failed on them"),
        )
    )
    titles = {task.id: task.title for entry in entries for task in entry.result.tasks}
    return Cohort(
        len(entries),
        points,
        most,
        fmean(points) if points else 0.0,
        median(points) if points else 0.0,
        _bars(points, most),
        _losses(graded),
        _misconceptions(entries),
        tuple((words, names) for words, names in not_graded if names),
        tuple(titles.items()),
    )


def _losses(graded: Sequence[Entry]) -> tuple[Loss, ...]:
    """Tasks in their order, each followed by its checks with the costliest first."""
    tasks = {task.id: task for entry in graded for task in entry.result.tasks}
    losses = []
    for id, task in tasks.items():
        own = [t for entry in graded for t in entry.result.tasks if t.id == id]
        losses.append(_loss(task.title, True, [(t.points, t.max_points) for t in own]))
        checks: dict[str, list[tuple[float, float]]] = {}
        titles = {}
        for check in (check for one in own for check in one.checks):
            checks.setdefault(check.id, []).append((check.points, check.max_points))
            titles[check.id] = check.title
        below = [_loss(titles[check], False, pairs) for check, pairs in checks.items()]
        losses += sorted(below, key=lambda loss: -loss.lost)
    return tuple(losses)


def _loss(title: str, is_task: bool, pairs: Sequence[tuple[float, float]]) -> Loss:
    """``pairs`` are the points that students have, and could have."""
    lost = [most - points for points, most in pairs]
    return Loss(
        title, is_task, fmean(lost), max(most for _, most in pairs), sum(one > 0 for one in lost)
    )


def _misconceptions(entries: Sequence[Entry]) -> tuple[tuple[str, int], ...]:
    """What is misunderstood, the most frequent first; each counts once a submission."""
    counts: Counter[str] = Counter()
    for entry in entries:
        checks = (check for task in entry.result.tasks for check in task.checks)
        counts.update(
            {
                id
                for check in checks
                if check.misconception
                for id in check.misconception.split(JOINT)
            }
        )
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple((CATALOGUE[id].title if id in CATALOGUE else id, n) for id, n in ranked)


def _bars(points: Sequence[float], most: float) -> Markup:
    """How many have how many points, as an SVG that needs no style of its own."""
    if not points or most <= 0:
        return Markup("")
    counts = Counter(min(int(one / most * _BINS), _BINS - 1) for one in points)
    highest = max(counts.values())
    bars = []
    for place in range(_BINS):
        count, y = counts[place], place * _ROW
        label = f"{number(most * place / _BINS)} to {number(most * (place + 1) / _BINS)}"
        width = count / highest * (_WIDTH - _LEFT - _RIGHT)
        bars.append(
            f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{label}</text>'
            f'<rect x="{_LEFT}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 6}"/>'
            f'<text x="{_LEFT + width + 6:.1f}" y="{y + 14}">{count}</text>'
        )
    height = _BINS * _ROW
    return Markup(  # numbers alone: nothing in it comes from a submission
        f'<svg class="bars" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'aria-label="How many submissions have how many points">' + "".join(bars) + "</svg>"
    )
