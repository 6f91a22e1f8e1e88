"""Say what broken rules cost: findings and tasks in, rule results and charged tasks out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from grader.examiner.rubric import Rubric
from grader.report.result import RuleResult, TaskResult
from grader.report.words import unit_of
from grader.submission.rules import RULES, Consequence, Finding, Rule

MAX_LOCATIONS = 20


def rule_results(
    findings: Sequence[Finding],
    rubric: Rubric,
    titles: Mapping[str, str],
    unknown: Collection[str] = (),
) -> tuple[RuleResult, ...]:
    """Return a result for each rule but the ``unknown`` ones; ``titles`` names the tasks by id."""
    return tuple(
        _rule_result(rule, findings, rubric.rules[rule.id], titles)
        for rule in RULES
        if rule.id not in unknown
    )


def _rule_result(
    rule: Rule, findings: Sequence[Finding], cost: Consequence, titles: Mapping[str, str]
) -> RuleResult:
    broken = [finding for finding in findings if finding.rule == rule.id]
    if not broken:
        return RuleResult(rule.id, "kept", rule.kept, "")
    more = f" ({len(broken) - 1} more like it)" if len(broken) > 1 else ""
    places = {(finding.cell, finding.line): None for finding in broken if finding.cell}
    return RuleResult(
        rule.id,
        "broken",
        f"{broken[0].message}{more}",
        _words(cost, sorted({titles[f.task] for f in broken if f.task and f.task in titles})),
        tuple({"cell": cell, "line": line} for cell, line in list(places)[:MAX_LOCATIONS]),
    )


def _words(cost: Consequence, tasks: list[str]) -> str:
    if cost == "task" and tasks:
        named = " and ".join(filter(None, [", ".join(tasks[:-1]), tasks[-1]]))
        return f"It costs the points of {named}."
    if isinstance(cost, (int, float)) and cost > 0:
        return f"It costs {cost:g} {unit_of(cost)}."
    return "It costs no points; your instructor may look at it."


def charged(
    tasks: Sequence[TaskResult], findings: Sequence[Finding], rubric: Rubric
) -> tuple[TaskResult, ...]:
    """Return the tasks after rules that cost a whole task."""
    lost = {f.task: f.message for f in findings if rubric.rules.get(f.rule) == "task" and f.task}
    return tuple(_without_points(t, lost[t.id]) if t.id in lost else t for t in tasks)


def _without_points(task: TaskResult, why: str) -> TaskResult:
    checks = tuple(
        replace(check, points=0.0, message=check.message or f"Passed, but not counted: {why}")
        for check in task.checks
    )
    return replace(task, points=0.0, checks=checks)


def penalty(findings: Sequence[Finding], rubric: Rubric) -> float:
    """Return the points that broken rules take from the total, each rule once."""
    broken = {finding.rule for finding in findings}
    costs = (rubric.rules[rule] for rule in broken)
    return sum(float(cost) for cost in costs if isinstance(cost, (int, float)))
