"""Lay what people decided over the results of a course."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from grader.decisions.decision import Decision
from grader.decisions.late import on_deadlines, penalty
from grader.decisions.points import is_open, points_of, with_override
from grader.examiner.late_policy import LatePolicy
from grader.examiner.rubric import ManualTask, Rubric
from grader.lazily import Lazily, mapped
from grader.nearest import nearest
from grader.platforms.names import folded
from grader.report.course import TOTAL, Appeal, Arrival, Comment, Entry, Lateness, Override
from grader.report.result import Result, TaskResult
from grader.report.words import counted

_MOST_NAMED = 5
"""Of those who are called the same."""
_MOST_COMPARED = 2000
"""Submissions with whose names a misspelt one is compared, which takes long."""
_NEAR = 0.75
"""How alike names are of which one may be meant by the other."""


@dataclass(frozen=True)
class _Laid:
    """A submission with what holds now.

    Attributes:
        entry: it.
        fitting: the numbers of the decisions that hold for it.
        notices: sentences about those that are stale, replaced, or change nothing.
        unapplied: sentences about those that fit no task or check of it.
    """

    entry: Entry
    fitting: tuple[int, ...]
    notices: tuple[str, ...]
    unapplied: tuple[str, ...]


@dataclass(frozen=True)
class _Decisions:
    """Decisions, sorted by whom they may hold for.

    Attributes:
        all: in the file's order.
        of_some: those for who shares something.
        of_one: a submission's place in the course -> those that name it.
        misfits: those that name nobody, or several; with the reason.
        rubric: has tasks that people grade, and what lateness costs.
    """

    all: Sequence[Decision]
    of_some: Sequence[Decision]
    of_one: Mapping[int, Sequence[Decision]]
    misfits: Mapping[int, str]
    rubric: Rubric

    def laid_over(self, entry: Entry, at: int) -> _Laid:
        """Return the submission at a place with everything laid over it."""
        some = [it for it in self.of_some if it.where and it.where.fits(entry.result)]
        fitting = sorted((*some, *self.of_one.get(at, ())), key=_precedence)
        notices: list[str] = []
        unapplied = []
        entry = _with_manual_tasks(entry, self.rubric.manual)
        for decision in fitting:
            if not _has_target(entry.result, decision):
                if decision.where is None:  # a group may hold who has nothing to set
                    unapplied.append(_why_not(entry.result, decision))
                continue
            entry, told = _with_decision(entry, decision)
            notices += told
        numbers = tuple(decision.number for decision in fitting)
        entry = _with_lateness(entry, self.rubric.late)
        return _Laid(entry, numbers, tuple(notices), tuple(unapplied))


@dataclass(frozen=True)
class Decided:
    """A course with everything laid over it."""

    _laid: Sequence[_Laid]
    _decisions: _Decisions

    @cached_property
    def entries(self) -> Sequence[Entry]:
        """The submissions, with what holds now."""
        return mapped(lambda laid: laid.entry, self._laid)

    @property
    def misfits(self) -> Collection[int]:
        """The numbers of the decisions that name nobody, or several."""
        return self._decisions.misfits.keys()

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about decisions that are stale, replaced, or change nothing."""
        return self._told[0]

    @property
    def unapplied(self) -> tuple[str, ...]:
        """Sentences about decisions that fit no student, task or check."""
        return self._told[1]

    @cached_property
    def _told(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Notices, and what is not applied; takes one pass, or none if nothing is decided."""
        decisions, policy = self._decisions.all, self._decisions.rubric.late
        fitting: set[int] = set()
        notices: list[str] = []
        unapplied: list[str] = []
        untimed: list[Entry] = []
        for laid in self._laid if decisions or policy else ():
            fitting.update(laid.fitting)
            notices += laid.notices
            unapplied += laid.unapplied
            untimed += [laid.entry] if laid.entry.is_untimed else []
        misfits = self._decisions.misfits
        amiss = [
            f"{it.title} is not applied: {misfits[it.number]}."
            for it in decisions
            if it.number in misfits
        ]
        groups = [it for it in decisions if it.where is not None]
        idle = [f"{it.title} fits nobody now." for it in groups if it.number not in fitting]
        notices = [*idle, *notices, *on_deadlines(untimed, len(self._laid), decisions, policy)]
        return tuple(notices), (*amiss, *unapplied)


def apply_decisions(
    entries: Sequence[Entry],
    decisions: Sequence[Decision],
    rubric: Rubric,
    names: Sequence[Collection[str]] | None = None,
) -> Decided:
    """Lay decisions over the entries of a course, lazily where these are made lazily.

    The more special has the last word: what is decided for a student goes over what is decided for
    those who share something, and that over what is decided for everyone; of two that are alike,
    the whole goes over its parts, and the later in the file over the earlier.

    Args:
        entries: as the grader gave them.
        decisions: of the folder's file.
        rubric: has tasks that people grade, and what lateness costs.
        names: what each entry may be called, where that is known without a pass over them.
    """
    sorted_ = _sorted(entries, decisions, rubric, names)
    places = Lazily(len(entries), lambda at: sorted_.laid_over(entries[at], at))
    laid = places if isinstance(entries, Lazily) else tuple(places)
    return Decided(laid, sorted_)


def _sorted(
    entries: Sequence[Entry],
    decisions: Sequence[Decision],
    rubric: Rubric,
    names: Sequence[Collection[str]] | None,
) -> _Decisions:
    of_some = [it for it in decisions if it.where is not None]
    named = {it.student for it in decisions if it.where is None}
    places: dict[str, list[int]] = {}
    every = names or mapped(lambda entry: entry.names, entries)
    if named:
        for at, known in enumerate(every):
            for name in named.intersection(known):
                places.setdefault(name, []).append(at)
    spelt = _spellings(every) if named - places.keys() else {}
    of_one: dict[int, list[Decision]] = {}
    misfits = {}
    for decision in decisions:
        found = places.get(decision.student, [])
        if decision.where is not None:
            continue
        if len(found) == 1:
            of_one.setdefault(found[0], []).append(decision)
        else:
            misfits[decision.number] = (
                _several([entries[at] for at in found[:_MOST_NAMED]], len(found))
                if found
                else _nobody(decision.student, spelt)
            )
    return _Decisions(decisions, of_some, of_one, misfits, rubric)


def _spellings(names: Sequence[Collection[str]]) -> dict[str, str]:
    """Return the names with which a misspelt one is compared, by what their spellings share."""
    few = names if len(names) <= _MOST_COMPARED else ()
    return {folded(known): known for each in few for known in sorted(each)}


def _nobody(name: str, spelt: Mapping[str, str]) -> str:
    """Say that nobody is called so, and who may be meant."""
    near = nearest(folded(name), spelt, _NEAR)
    return "there is no such student" + (f"; {spelt[near]} may be meant" if near else "")


def _several(first: Sequence[Entry], count: int) -> str:
    """Say that a name is that of several submissions, and by what each can be named alone."""
    is_one = len({entry.called for entry in first}) == 1
    what = "there are several submissions of this student" if is_one else "several are called so"
    each = ", ".join(f"{entry.name} is of {entry.called}" for entry in first)
    more = f", and there are {count - len(first)} more" * (count > len(first))
    return f"{what}: {each}{more}. Name one in this way"


def _precedence(decision: Decision) -> tuple[int, int, int]:
    """Return the place of a decision: the last has the last word."""
    size = 2 if decision.target == TOTAL else int("." not in decision.target)
    return decision.rank, size, decision.number


def _with_manual_tasks(entry: Entry, manual: Sequence[ManualTask]) -> Entry:
    """Return the entry with the tasks that a person grades, which are open until that is done."""
    if not manual:
        return entry
    tasks = tuple(
        TaskResult(task.id, task.title, 0.0, task.points, (), undecided=True) for task in manual
    )
    result = entry.result
    most = result.max_points + sum(task.max_points for task in tasks)
    return replace(entry, result=replace(result, tasks=(*result.tasks, *tasks), max_points=most))


def _has_target(result: Result, decision: Decision) -> bool:
    if decision.points is None:
        return True
    return decision.target in {TOTAL, *(part.id for part in result.tasks_and_checks)}


def _why_not(result: Result, decision: Decision) -> str:
    why = (
        f"the result has no '{decision.target}'"
        if result.tasks
        else f"nothing of this student's could be graded, so only '{TOTAL}' can be set there"
    )
    return f"{decision.title} is not applied: {why}."


def _with_decision(entry: Entry, decision: Decision) -> tuple[Entry, list[str]]:
    """Return the entry with one decision, and what is stale about it."""
    target, by = decision.target, decision.by
    told: list[str] = []
    if decision.points is not None:
        entry, told = _with_points(entry, decision, decision.points)
    if decision.comment:
        comment = Comment(target, decision.comment, by)
        entry = replace(entry, comments=(*entry.comments, comment))
    if decision.status:
        appeal = Appeal(target, decision.status, decision.appeal, decision.reason, by)
        entry = replace(entry, appeals=(*_other_appeals(entry, target), appeal))
    if decision.submitted:
        said = entry.arrival.told if entry.arrival else entry.submitted
        if entry.arrival and entry.submitted != decision.submitted:
            told.append(f"{decision.title} replaces an earlier one.")
        arrival = Arrival(decision.submitted, said, decision.reason, by)
        entry = replace(entry, submitted=decision.submitted, arrival=arrival)
    if decision.due:
        entry = replace(entry, due=decision.due)
    return replace(entry, seen=entry.seen or decision.seen), told


def _with_points(entry: Entry, decision: Decision, points: float) -> tuple[Entry, list[str]]:
    """Return the entry with other points in one place, and what is stale about that."""
    target, result = decision.target, entry.result
    before = points_of(result, target)
    told = []
    earlier = [override for override in entry.overrides if override.target == target]
    if decision.was is not None and abs(decision.was - before) > 1e-9:
        told.append(
            f"{decision.title} is stale: it was made for {decision.was:g} points, now it is "
            f"{before:g}. It is applied all the same."
        )
    elif points == before and not (earlier or is_open(result, target) or decision.where):
        told.append(f"{decision.title} changes nothing: the grader gives {counted(before)} too.")
    own = bool(earlier) and decision.where is None and not earlier[-1].whom
    if own and points != earlier[-1].points:
        told.append(f"{decision.title} replaces an earlier one ({earlier[-1].points:g} points).")
    whom = decision.where.words if decision.where else ""
    is_first = target != TOTAL and is_open(result, target)
    was = None if is_first else before
    override = Override(target, points, decision.reason, was, decision.by, whom)
    changed = with_override(result, override)
    return replace(entry, result=changed, overrides=(*entry.overrides, override)), told


def _with_lateness(entry: Entry, policy: LatePolicy | None) -> Entry:
    """Return the entry with what handing in late costs it."""
    if policy is None:
        return entry
    result = entry.result
    due = entry.due or policy.due
    if due is not None and entry.submitted is None:
        return replace(entry, is_untimed=bool(result.submission.sha256))
    lost = penalty(policy, due, entry.submitted, result.points, result.max_points)
    if lost is None:
        return entry
    return replace(entry, lateness=Lateness(lost.points, lost.words))


def _other_appeals(entry: Entry, target: str) -> tuple[Appeal, ...]:
    """Return the appeals about anything else: the last word on one replaces those before it."""
    return tuple(appeal for appeal in entry.appeals if appeal.target != target)
