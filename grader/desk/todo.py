"""Which submissions a person should look at, in which order, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.report.course import TOTAL, Entry
from grader.report.result import CheckResult, Result, RuleResult
from grader.report.words import number

_NEAR = 1.0
"""Points from a boundary that one decision could cross."""
_MOST_LOST_ALONE = 1


@dataclass(frozen=True)
class Reason:
    """Why a person should look at a submission.

    Attributes:
        order: its place among all reasons, the most urgent first.
        words: it in a few words.
        target: where on the student's page; "" for the page as a whole.
        stays: whether it stays until just this is decided, though somebody has looked.
    """

    order: int
    words: str
    target: str = ""
    stays: bool = False


@dataclass(frozen=True)
class ToDo:
    """A submission that waits for a person, with its reasons, the most urgent first."""

    entry: Entry
    reasons: tuple[Reason, ...]


def to_do(
    graded: Mapping[str, Entry], entries: Sequence[Entry], boundaries: Collection[float] = ()
) -> tuple[ToDo, ...]:
    """Return the submissions that a person should look at, the most urgent first.

    Args:
        graded: the submissions as the grader left them, by name.
        entries: the same with everything laid over it.
        boundaries: points at which the grade changes, if it is known.
    """
    common = _common_rules(entries)
    waiting = []
    for entry in entries:
        reasons = [*_open_reasons(entry)]
        if not _is_settled(entry):
            found = _reasons(graded[entry.name].result, common)
            reasons += [reason for reason in found if not _is_decided(entry, reason.target)]
            if entry.counting_points is not None:
                reasons += _near(entry.counting_points, boundaries)
        if reasons:
            ordered = sorted(reasons, key=lambda reason: reason.order)
            waiting.append(ToDo(entry, tuple(ordered)))
    return tuple(sorted(waiting, key=lambda it: (it.reasons[0].order, it.entry.name)))


def _is_settled(entry: Entry) -> bool:
    """Return whether a person has looked at it, or set points that count for this student alone."""
    is_set = any(not override.whom for override in entry.overrides)
    return entry.seen or (is_set and entry.result.status == "graded")


def _open_reasons(entry: Entry) -> Iterator[Reason]:
    """Yield what stays open until just that is decided."""
    for appeal in entry.appeals:
        if appeal.status == "open":
            yield Reason(0, f"appeal about {appeal.target}", appeal.target, stays=True)
    for task in entry.result.tasks:
        if task.undecided:
            yield Reason(2, f"to be graded by hand: {task.title}", task.id, stays=True)


def _is_decided(entry: Entry, target: str) -> bool:
    """Return whether points of a check, its task or all of it were decided, be it for a group."""
    covering = {target, target.partition(".")[0], TOTAL}
    return target != "" and any(override.target in covering for override in entry.overrides)


def _near(points: float, boundaries: Collection[float]) -> Iterator[Reason]:
    """Yield the boundaries that points lie just below."""
    for boundary in boundaries:
        if 0 < boundary - points <= _NEAR:
            away = number(boundary - points)
            yield Reason(9, f"{away} below the boundary of {number(boundary)} points")


def _reasons(result: Result, common: Collection[str]) -> Iterator[Reason]:
    """Yield why a person should look at what the grader found."""
    if result.status == "grader_error":
        yield Reason(1, "the grader failed on it")
    if result.status == "ungradable":
        yield Reason(3, "nothing could be graded")
        return
    for rule in result.broken_rules:
        if rule.id not in common:
            yield Reason(*_rule(rule))
    if contradiction := _contradiction(result):
        yield Reason(6, contradiction)
    failed = [check for check in result.checks if check.status == "failed"]
    for check in failed:
        if not _has_cause(check):
            yield Reason(7, f"no cause is named: {check.title}", check.id)
    if len(failed) == _MOST_LOST_ALONE:
        yield Reason(8, f"lost alone: {failed[0].title}", failed[0].id)


def _rule(rule: RuleResult) -> tuple[int, str]:
    return (10 if rule.is_free else 4), f"rule broken: {rule.message}"


def _common_rules(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the rules without a cost that more than half have broken: they say nothing of one."""
    broken = Counter(
        rule.id for entry in entries for rule in entry.result.broken_rules if rule.is_free
    )
    return frozenset(id for id, count in broken.items() if count > max(2, len(entries) / 2))


def _contradiction(result: Result) -> str:
    """Return how the run contradicts the checks; "" where it doesn't."""
    run, training = result.run, result.training
    if result.points >= result.max_points > 0:
        if run.status in ("failed", "timed_out", "killed"):
            return "all checks are passed, but the notebook does not run through"
        if training.fell is False:
            return "all checks are passed, but the loss does not fall in training"
    elif result.points <= result.max_points / 2 and training.fell:
        return "half of the points are lost, but the class trains as a right one does"
    return ""


def _has_cause(check: CheckResult) -> bool:
    """Return whether the report says why a check is lost."""
    evidence = check.evidence
    return bool(check.misconceptions or evidence.get("failure") or evidence.get("unwritten"))
