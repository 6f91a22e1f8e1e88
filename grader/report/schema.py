"""The JSON schema of a result; `python -m grader.report.schema TITLE` prints it."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

from pydantic import TypeAdapter

from grader.report import result


def to_schema(title: str) -> str:
    """Return the schema of what `to_json` writes, made from the dataclasses, as JSON text."""
    schema = TypeAdapter(result.Result).json_schema(mode="serialization")
    definitions = schema.get("$defs", {})
    for name, part in (("Result", schema), *definitions.items()):
        kind = getattr(result, name)
        part["description"] = inspect.getdoc(kind)
        names = {field.name for field in result.json_fields(kind)}
        part["properties"] = {key: of for key, of in part["properties"].items() if key in names}
        # Every key is always written, whether or not the dataclass has a default for it.
        part["required"] = list(part["properties"])
    schema["properties"]["schema_version"] = {"const": result.SCHEMA_VERSION}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **{key: value for key, value in schema.items() if key not in ("title", "$defs")},
        "$defs": definitions,
    }
    return json.dumps(_plain(whole), indent=2) + "\n"


def _plain(part: Any) -> Any:
    """Leave out what says nothing: defaults, titles that repeat a name, and allowing anything."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _plain(value)
        for key, value in part.items()
        if key != "default" and (key, value) != ("additionalProperties", True)
    }
    if len(kept.get("allOf", ())) == 1:  # as earlier versions of pydantic write a reference
        kept |= kept.pop("allOf")[0]
    for value in kept.get("properties", {}).values():
        value.pop("title", None)
    return kept


if __name__ == "__main__":
    print(to_schema(sys.argv[1]), end="")
