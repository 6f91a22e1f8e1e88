"""The JSON schema of a result; `python -m grader.report.schema` prints it for `grader/docs`."""

from __future__ import annotations

import inspect
import json
from typing import Any

from pydantic import TypeAdapter

from grader.report import result


def to_schema() -> str:
    """The schema of what `to_json` writes, made from the dataclasses, as indented JSON text."""
    schema = TypeAdapter(result.Result).json_schema(mode="serialization")
    definitions = schema.get("$defs", {})
    for name, part in (("Result", schema), *definitions.items()):
        part["description"] = inspect.getdoc(getattr(result, name))
        # Every key is always written, whether or not the dataclass has a default for it.
        part["required"] = list(part["properties"])
    schema["properties"]["schema_version"] = {"const": result.SCHEMA_VERSION}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Result of the VAE grader",
        **{key: value for key, value in schema.items() if key not in ("title", "$defs")},
        "$defs": definitions,
    }
    return json.dumps(_plain(whole), indent=2) + "\n"


def _plain(part: Any) -> Any:
    """Without what says nothing: defaults, titles that repeat a name, and allowing anything."""
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
    print(to_schema(), end="")
