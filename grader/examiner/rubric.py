"""rubric.yaml: what each task and check is worth, and what a broken rule costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.assets import asset
from grader.examiner.strict_yaml import YamlError, line_of, read_yaml
from grader.submission.errors import Ungradable
from grader.submission.rules import RULES, Consequence
from grader.submission.template import Template, read_template
from grader.vae import ASSIGNMENT, spec

_RULES = {rule.id: rule for rule in RULES}
MAX_POINTS = 1e9
"""What is more than this was not meant."""


class RubricError(Exception):
    """The rubric can't be used; says which line, what is wrong, and what would be right."""


# Strict, or else YAML's `yes` would be one point.
_Points = Annotated[float, Field(strict=True)]


class _Task(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    points: float = Field(strict=True, ge=0, allow_inf_nan=False)
    checks: dict[str, _Points]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    tasks: dict[str, _Task]
    rules: dict[str, Any] = Field(default_factory=dict)
    template: str | None = None


@dataclass(frozen=True)
class Rubric:
    """Points of each task, points of each check, and what each broken rule costs.

    A check that is not listed is not part of the grade; a rule that is not listed costs what the
    assignment's own rubric says. ``template`` is the notebook that students received, if the
    instructor names one.
    """

    tasks: Mapping[str, float]
    checks: Mapping[str, float]
    rules: Mapping[str, Consequence]
    template: Template | None = None

    @property
    def max_points(self) -> float:
        """The sum over all tasks."""
        return sum(self.tasks.values())


def default_path() -> Path:
    """The rubric that the assignment comes with."""
    return asset("rubric.yaml")


def load_rubric(path: Path, known_checks: Iterable[str], template: Path | None = None) -> Rubric:
    """Read and validate a rubric, and the template that it names.

    Args:
        path: the rubric.
        known_checks: the checks that there are.
        template: one to be used instead of the rubric's.

    Raises:
        RubricError: a file can't be read, or the rubric asks for something that can't be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RubricError(f"The rubric {path} can't be read: {error}.") from error
    try:
        data, root = read_yaml(text)
    except YamlError as error:
        raise RubricError(f"{path.name}, {error}.") from error

    def fail(keys: tuple[Any, ...], what: str) -> RubricError:
        return RubricError(f"{path.name}, line {_line(root, keys)}: {what}")

    if not isinstance(data, dict):
        raise fail((), "a rubric is a mapping with the keys 'tasks' and 'rules'.")
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise fail(first["loc"], f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    known = frozenset(known_checks)
    _require_sound(file, known, fail)
    # A rule that isn't named is not given up by that.
    defaults = {rule.id: rule.default for rule in RULES}
    return Rubric(
        {task: file.tasks[task].points for task in spec.TASK_IDS},
        {check: points for task in file.tasks.values() for check, points in task.checks.items()},
        {**defaults, **file.rules},
        _template(path, file.template, template, fail),
    )


def _template(
    rubric: Path, named: str | None, given: Path | None, fail: Callable[..., RubricError]
) -> Template | None:
    """The template that is given, or that the rubric names beside itself.

    Raises:
        RubricError: it can't be used.
    """
    try:
        if given is not None:
            return read_template(given, ASSIGNMENT)
        return None if named is None else read_template(rubric.parent / named, ASSIGNMENT)
    except Ungradable as error:
        if given is not None:
            raise RubricError(f"The template {given} can't be used. {error.reason}") from error
        raise fail(("template",), f"the template {named} can't be used. {error.reason}") from error


def _require_sound(file: _File, known: frozenset[str], fail: Any) -> None:
    """What a schema can't say: names that exist, and sums that match.

    Raises:
        RubricError: the first thing that is wrong, in the file's order.
    """
    for task in file.tasks:
        if task not in spec.TASK_IDS:
            raise fail(("tasks", task), f"there is no task '{task}'; {_listed(spec.TASK_IDS)}.")
    for task in spec.TASK_IDS:
        if task not in file.tasks:
            raise fail(
                ("tasks",), f"the task '{task}' is missing; give it 0 points to leave it out."
            )
    for task, entry in file.tasks.items():
        own = sorted(check for check in known if check.split(".")[0] == task)
        for check, points in entry.checks.items():
            keys = ("tasks", task, "checks", check)
            if check not in own:
                raise fail(keys, f"the task '{task}' has no check '{check}'; {_listed(own)}.")
            if not 0 <= points <= MAX_POINTS:
                raise fail(keys, f"the check '{check}' has {points:g} points; give 0 or more.")
        total = sum(entry.checks.values())
        if abs(total - entry.points) > 1e-9:
            raise fail(
                ("tasks", task, "points"),
                f"the task '{task}' has {entry.points:g} points, "
                f"but its checks add up to {total:g}.",
            )
    for rule, cost in file.rules.items():
        problem = _rule_problem(rule, cost)
        if problem:
            raise fail(("rules", rule), problem)


def _rule_problem(rule: str, cost: object) -> str:
    """Why a broken rule can't cost that; "" if it can."""
    if rule not in _RULES:
        return f"there is no rule '{rule}'; {_listed(_RULES)}."
    in_a_task = _RULES[rule].in_a_task
    if cost == "advice" or (cost == "task" and in_a_task):
        return ""
    if isinstance(cost, (int, float)) and not isinstance(cost, bool):
        fits = 0 <= cost <= MAX_POINTS
        return "" if fits else f"the rule '{rule}' costs {cost} points; give 0 or more."
    if in_a_task:
        return f"the rule '{rule}' costs task, advice, or a number of points."
    return (
        f"the rule '{rule}' costs advice or a number of points; it is about the whole notebook, "
        "so it can't cost a task."
    )


def _listed(names: Iterable[str]) -> str:
    return f"known are {', '.join(names)}"


def _line(node: yaml.Node | None, keys: tuple[Any, ...]) -> int:
    """Line of the entry that ``keys`` lead to, or of the last one on the way that exists."""
    line = line_of(node)
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            break
        found = [pair for pair in node.value if pair[0].value == str(key)]
        if not found:
            break
        line, node = line_of(found[-1][0]), found[-1][1]
    return line
