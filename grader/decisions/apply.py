"""Lay what people decided over the results of a course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.decisions.decision import Decision
from grader.decisions.late import penalty
from grader.decisions.points import is_open, points_of, with_override
from grader.examiner.late_policy import LatePolicy
from grader.examiner.rubric import ManualTask, Rubric
from grader.report.course import TOTAL, Appeal, Comment, Entry, Lateness, Override
from grader.report.result import Result, TaskResult


@dataclass(frozen=True)
class Decided:
    """A course with everything laid over it.

    Attributes:
        entries: the submissions, with what holds now.
        notices: sentences about decisions that are stale, replaced, or change nothing.
        unapplied: sentences about decisions that fit no student, task or check.
    """

    entries: tuple[Entry, ...]
    notices: tuple[str, ...]
    unapplied: tuple[str, ...]


def apply_decisions(
    entries: Sequence[Entry], decisions: Sequence[Decision], rubric: Rubric
) -> Decided:
    """Lay decisions over the entries of a course.

    The more special has the last word: what is decided for a student goes over what is decided for
    those who share something, and that over what is decided for everyone; of two that are alike,
    the whole goes over its parts, and the later in the file over the earlier.

    Args:
        entries: as the grader gave them.
        decisions: of the folder's file.
        rubric: has tasks that people grade, and what lateness costs.
    """
    unapplied: list[str] = []
    notices: list[str] = []
    by_entry: dict[int, list[Decision]] = {}
    by_name: dict[str, list[int]] = {}
    for at, entry in enumerate(entries):
        for name in entry.names:
            by_name.setdefault(name, []).append(at)
    for decision in decisions:
        where = decision.where
        fitting = (
            [at for at, entry in enumerate(entries) if where.fits(entry.result)]
            if where is not None
            else by_name.get(decision.student, [])
        )
        if decision.where is None and len(fitting) != 1:
            why = "there is no such student" if not fitting else "several students are called so"
            unapplied.append(f"{decision.title} is not applied: {why}.")
        elif not fitting:
            notices.append(f"{decision.title} fits nobody now.")
        else:
            for at in fitting:
                by_entry.setdefault(at, []).append(decision)
    decided = []
    for at, entry in enumerate(entries):
        entry = _with_manual_tasks(entry, rubric.manual)
        for decision in sorted(by_entry.get(at, []), key=_precedence):
            if not _has_target(entry.result, decision):
                if decision.where is None:  # a group may hold who has nothing to set
                    unapplied.append(_why_not(entry.result, decision))
                continue
            entry, told = _with_decision(entry, decision)
            notices += told
        decided.append(_with_lateness(entry, rubric.late))
    notices += _on_deadlines(entries, decisions, rubric.late)
    return Decided(tuple(decided), tuple(notices), tuple(unapplied))


def _on_deadlines(
    entries: Sequence[Entry], decisions: Sequence[Decision], policy: LatePolicy | None
) -> list[str]:
    """Return where being late costs nothing, though somebody may count on it."""
    if policy is None:
        moved = [decision.title for decision in decisions if decision.due]
        return [f"{title} moves a deadline, but the rubric has no 'late:'." for title in moved]
    unknown = sum(1 for it in entries if it.submitted is None and it.result.submission.sha256)
    if not unknown:
        return []
    return [
        f"When {unknown} of {len(entries)} handed in isn't known, so being late costs them nothing."
    ]


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
        told.append(f"{decision.title} changes nothing: the grader gives {before:g} points too.")
    own = bool(earlier) and decision.where is None and not earlier[-1].whom
    if own and points != earlier[-1].points:
        told.append(f"{decision.title} replaces an earlier one ({earlier[-1].points:g} points).")
    whom = decision.where.words if decision.where else ""
    override = Override(target, points, decision.reason, before, decision.by, whom)
    changed = with_override(result, override)
    return replace(entry, result=changed, overrides=(*entry.overrides, override)), told


def _with_lateness(entry: Entry, policy: LatePolicy | None) -> Entry:
    """Return the entry with what handing in late costs it."""
    if policy is None:
        return entry
    result = entry.result
    due = entry.due or policy.due
    lost = penalty(policy, due, entry.submitted, result.points, result.max_points)
    if lost is None:
        return entry
    return replace(entry, lateness=Lateness(lost.points, lost.words))


def _other_appeals(entry: Entry, target: str) -> tuple[Appeal, ...]:
    """Return the appeals about anything else: the last word on one replaces those before it."""
    return tuple(appeal for appeal in entry.appeals if appeal.target != target)
