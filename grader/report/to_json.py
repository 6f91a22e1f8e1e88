"""The result as JSON: what other programs read."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from grader.report.result import Result


def to_json(result: Result) -> str:
    """A result as indented JSON text; numbers that JSON has no word for become null."""
    data = asdict(result)
    ordered = {"schema_version": data.pop("schema_version"), **data}
    return json.dumps(_plain(ordered), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
