"""The result as JSON: what other programs read."""

from __future__ import annotations

import json
import math
from dataclasses import is_dataclass
from typing import Any

from grader.report.result import Result, json_fields


def to_json(result: Result) -> str:
    """Return a result as indented JSON text; numbers that JSON has no word for become null."""
    data = {"schema_version": result.schema_version, **_plain(result)}
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in json_fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
