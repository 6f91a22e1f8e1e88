"""How much of a result its students are told: points alone, with messages, or all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from grader.report.result import CheckResult, Result, RuleResult, Run, TaskResult, Training

Level = Literal["points", "messages", "all"]
POINTS: Level = "points"
ALL: Level = "all"
LEVELS: tuple[Level, ...] = (POINTS, "messages", ALL)

_SAYS_A_STATE = ("unwritten", "missing")
"""Evidence that tells a method that is not begun from a wrong one."""


def told_result(result: Result, level: Level) -> Result:
    """Return a result as its students are told of it.

    Args:
        result: as it holds.
        level: "points" leaves those of tasks and checks, and what broken rules cost; "messages"
            leaves what was measured and its cause, too, but neither hints nor lines to try; "all"
            leaves everything.
    """
    if level == ALL:
        return result
    tasks = tuple(_told_task(task, level) for task in result.tasks)
    if level != POINTS:
        return replace(result, tasks=tasks)
    costly = tuple(_without_places(rule) for rule in result.broken_rules if not rule.is_free)
    return replace(
        result,
        tasks=tasks,
        rules=costly,
        run=Run(),
        training=Training(),
        advice=(),
        repeated=(),
    )


def _told_task(task: TaskResult, level: Level) -> TaskResult:
    return replace(task, checks=tuple(_told_check(check, level) for check in task.checks))


def _told_check(check: CheckResult, level: Level) -> CheckResult:
    if level != POINTS:
        return replace(check, hint="", try_it=None)
    evidence = {key: check.evidence[key] for key in _SAYS_A_STATE if key in check.evidence}
    return replace(check, message="", hint="", try_it=None, misconception=None, evidence=evidence)


def _without_places(rule: RuleResult) -> RuleResult:
    return replace(rule, locations=())
