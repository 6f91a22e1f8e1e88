"""Read a result that `to_json` wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.report.result import SCHEMA_VERSION, Result

_RESULT = TypeAdapter(Result)
_ROUNDING = 1e-4
"""Sums of points may be so far off: consequences name points to six digits."""


def from_json(text: str | bytes, methods: Mapping[str, str] | None = None) -> Result:
    """Return the result in a JSON text; keys that this version doesn't know are ignored.

    Args:
        text: the JSON.
        methods: id of a task -> name of its method, which the JSON doesn't have.

    Raises:
        ValueError: the text is no result, or one of another schema version, or its points can't be
            those of a grading.
    """
    try:
        result = _RESULT.validate_json(text)
        # Pydantic takes what JSON has no word for, and evidence may be anything.
        json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ValueError(f"it is no result of the grader ({place}: {first['msg']})") from error
    if result.schema_version != SCHEMA_VERSION:
        raise ValueError(f"its schema version is {result.schema_version}, not {SCHEMA_VERSION}")
    _require_sums(result)
    names = methods or {}
    tasks = tuple(replace(task, method=names.get(task.id, "")) for task in result.tasks)
    return replace(result, tasks=tasks)


def _refuse(number: str) -> Any:
    raise ValueError(f"it is no result of the grader ({number} is no number in JSON)")


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _refuse(number)


def _require_sums(result: Result) -> None:
    """Refuse points that don't lie in their range, or don't add up.

    Raises:
        ValueError: names what does not.
    """
    for part in (result, *result.tasks_and_checks):
        name = getattr(part, "id", "the total")
        if not 0 <= part.points <= part.max_points < math.inf:
            raise ValueError(f"{name} has {part.points:g} of {part.max_points:g} points")
    for task in result.tasks:
        _require_equal(task.id, task.points, sum(check.points for check in task.checks))
        _require_equal(task.id, task.max_points, sum(check.max_points for check in task.checks))
    taken = sum(rule.cost for rule in result.broken_rules)
    _require_equal("the total", result.points, max(0.0, result.earned_in_tasks - taken))
    if result.tasks:
        most = sum(task.max_points for task in result.tasks)
        _require_equal("the total", result.max_points, most)


def _require_equal(name: str, points: float, parts: float) -> None:
    if abs(points - parts) > _ROUNDING * max(1.0, parts):
        raise ValueError(f"{name} has {points:g} points where its parts have {parts:g}")
