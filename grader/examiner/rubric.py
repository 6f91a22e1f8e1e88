"""rubric.yaml: what each task and check is worth, what a broken rule and being late cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.assets import asset
from grader.assignment import Assignment
from grader.errors import UnusableError
from grader.examiner.late_policy import LateEntry, LatePolicy, late_policy, late_problems
from grader.examiner.manual_tasks import ManualEntry, ManualTask, manual_problems, manual_tasks
from grader.examiner.strict_yaml import YamlError, line_of, read_yaml
from grader.nearest import nearest
from grader.report.course import TOTAL
from grader.submission.errors import Ungradable
from grader.submission.rules import RULES, Consequence
from grader.submission.template import Template, read_template

_RULES = {rule.id: rule for rule in RULES}
MAX_POINTS = 1e9
"""What is more than this was not meant."""


class RubricError(UnusableError):
    """The rubric can't be used; says which line, what is wrong, and what would be right."""


Keys = tuple[Any, ...]
Fail = Callable[[Keys, str], RubricError]
"""Makes an error of what is wrong at an entry, which its keys lead to."""


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
    late: LateEntry | None = None
    manual: dict[str, ManualEntry] = Field(default_factory=dict)


_PARTS: Mapping[str, type[BaseModel]] = {
    "tasks": _Task,
    "late": LateEntry,
    "manual": ManualEntry,
}


@dataclass(frozen=True)
class Rubric:
    """Points of each task, points of each check, and what each broken rule costs.

    A check that is not listed is not part of the grade; a rule that is not listed costs what the
    assignment's own rubric says.

    Attributes:
        template: the notebook that students received, if the instructor names one.
        late: what handing in late costs; None if nothing.
        manual: tasks that a person grades; they are not among ``tasks``.

    No result hangs on the last two, so its representation, by which results are known to be of this
    rubric, doesn't have them: a moved deadline grades nothing again.
    """

    tasks: Mapping[str, float]
    checks: Mapping[str, float]
    rules: Mapping[str, Consequence]
    template: Template | None = None
    late: LatePolicy | None = field(default=None, repr=False)
    manual: tuple[ManualTask, ...] = field(default=(), repr=False)

    @property
    def max_points(self) -> float:
        """The sum over all tasks that the grader grades."""
        return sum(self.tasks.values())


def default_path() -> Path:
    """Return the rubric that the assignment comes with."""
    return asset("rubric.yaml")


def load_rubric(path: Path, assignment: Assignment, template: Path | None = None) -> Rubric:
    """Read and validate a rubric, and the template that it names.

    Args:
        path: the rubric.
        assignment: has the tasks and checks that there are.
        template: one to be used instead of the rubric's.

    Raises:
        RubricError: a file can't be read, or the rubric asks for something that can't be.
    """
    file, fail = _read(path)
    if problems := list(_problems(file, assignment)):
        raise _together(fail(keys, problem) for keys, problem in problems)
    # A rule that isn't named is not given up by that.
    defaults = {rule.id: rule.default for rule in RULES}
    return Rubric(
        {task.id: file.tasks[task.id].points for task in assignment.tasks},
        {check: points for task in file.tasks.values() for check, points in task.checks.items()},
        {**defaults, **file.rules},
        _template(path, file.template, template, assignment, fail),
        late_policy(file.late) if file.late else None,
        manual_tasks(file.manual),
    )


def template_path(path: Path, given: Path | None) -> Path | None:
    """Return the notebook that students received: the one given, or that which a rubric names.

    Raises:
        RubricError: the rubric can't be read.
    """
    named = _read(path)[0].template
    return given or (None if named is None else path.parent / named)


def _read(path: Path) -> tuple[_File, Fail]:
    """Read a rubric as far as its schema goes, and return with it what names its lines.

    Raises:
        RubricError: it can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RubricError(f"The rubric {path} can't be read: {error}.") from error
    try:
        data, root = read_yaml(text)
    except YamlError as error:
        raise RubricError(f"{path.name}, {error}.") from error

    def fail(keys: Keys, problem: str) -> RubricError:
        return RubricError(f"{path.name}, line {_line(root, keys)}: {problem}")

    if not isinstance(data, dict):
        raise fail((), "a rubric is a mapping with the keys 'tasks' and 'rules'.")
    try:
        return _File.model_validate(data), fail
    except ValidationError as error:
        wrong = [(it["loc"], _misfit(it["loc"], it["type"], it["msg"])) for it in error.errors()]
        raise _together(fail(keys, problem) for keys, problem in wrong) from error


def _misfit(keys: Keys, kind: str, message: str) -> str:
    """Return what a schema finds wrong at an entry, in words for who knows YAML and no schemas."""
    *above, last = map(str, keys)
    place = f" in '{'.'.join(above)}'" if above else ""
    known = (_PARTS.get(above[0], _File) if above else _File).model_fields
    if kind == "extra_forbidden":
        near = nearest(last, known)
        which = f"is '{near}' meant?" if near else f"{_listed(known)}."
        return f"the key '{last}'{place} is not known; {which}"
    if kind == "missing":
        return f"the key '{last}'{place} is missing."
    if kind in ("model_type", "dict_type"):
        return f"'{'.'.join((*above, last))}' must have keys with values."
    return f"{'.'.join((*above, last))}: {message}."


def _together(errors: Iterable[RubricError]) -> RubricError:
    """Return all mistakes of a file as one error, each in a line of its own."""
    return RubricError("\n".join(map(str, errors)))


def _template(
    rubric: Path, named: str | None, given: Path | None, assignment: Assignment, fail: Fail
) -> Template | None:
    """Read the template that is given, or that the rubric names beside itself.

    Raises:
        RubricError: it can't be used.
    """
    try:
        if given is not None:
            return read_template(given, assignment)
        return None if named is None else read_template(rubric.parent / named, assignment)
    except Ungradable as error:
        if given is not None:
            raise RubricError(f"The template {given} can't be used. {error.reason}") from error
        raise fail(("template",), f"the template {named} can't be used. {error.reason}") from error


def _problems(file: _File, assignment: Assignment) -> Iterator[tuple[Keys, str]]:
    """Yield what a schema can't say: names that there aren't, and sums that don't match.

    What follows from another mistake is none of its own.
    """
    tasks = [task.id for task in assignment.tasks]
    for task in file.tasks:
        if task not in tasks:
            yield ("tasks", task), f"there is no task '{task}'; {_listed(tasks)}."
    for task in tasks:
        if task not in file.tasks and file.tasks.keys() <= set(tasks):
            yield ("tasks",), f"the task '{task}' is missing; give it 0 points to leave it out."
    for task, entry in file.tasks.items():
        if task not in tasks:
            continue
        are_right = True
        checks = sorted(check.id for check in assignment.checks() if check.task == task)
        for check, points in entry.checks.items():
            keys = ("tasks", task, "checks", check)
            if check not in checks:
                are_right = False
                yield keys, f"the task '{task}' has no check '{check}'; {_listed(checks)}."
            elif not 0 <= points <= MAX_POINTS:
                are_right = False
                yield keys, f"the check '{check}' has {points:g} points; give 0 or more."
        total = sum(entry.checks.values())
        if are_right and abs(total - entry.points) > 1e-9:
            yield (
                ("tasks", task, "points"),
                f"the task '{task}' has {entry.points:g} points, "
                f"but its checks add up to {total:g}.",
            )
    if file.late:
        for key, problem in late_problems(file.late):
            yield ("late", key), problem
    taken = {TOTAL, *tasks, *(check.id for check in assignment.checks())}
    for manual_keys, problem in manual_problems(file.manual, taken, MAX_POINTS):
        yield ("manual", *manual_keys), problem
    for rule, cost in file.rules.items():
        if problem := _rule_problem(rule, cost):
            yield ("rules", rule), problem


def _rule_problem(rule: str, cost: object) -> str:
    """Say why a broken rule can't cost that; "" if it can."""
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


def _line(node: yaml.Node | None, keys: Keys) -> int:
    """Return the line of the entry that keys lead to, or of the last one on the way that exists."""
    line = line_of(node)
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            break
        entries = [pair for pair in node.value if pair[0].value == str(key)]
        if not entries:
            break
        line, node = line_of(entries[-1][0]), entries[-1][1]
    return line
