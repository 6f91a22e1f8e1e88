"""The JSON schema of a result; `python -m grader.report.schema TITLE` prints it."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from grader.report import result


def to_schema(title: str) -> str:
    """Return the schema of what `to_json` writes, made from the dataclasses, as JSON text."""
    adapter = TypeAdapter(result.Result)
    schema = adapter.json_schema(mode="serialization", schema_generator=_Bare)
    definitions = schema.pop("$defs")
    for name, part in (("Result", schema), *definitions.items()):
        kind = getattr(result, name)
        names = [field.name for field in result.json_fields(kind)]
        part["description"] = inspect.getdoc(kind)
        part["properties"] = {name: part["properties"][name] for name in names}
        # Every key is always written, whether or not the dataclass has a default for it.
        part["required"] = names
    schema["properties"]["schema_version"] = {"const": result.SCHEMA_VERSION}
    schema.pop("title")  # the name of the dataclass
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return json.dumps({**head, **schema, "$defs": definitions}, indent=2) + "\n"


class _Bare(GenerateJsonSchema):
    """Leaves out what says nothing: defaults, titles of keys, and that anything is allowed."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: Any) -> JsonSchemaValue:
        bare = super().dict_schema(schema)
        return {key: value for key, value in bare.items() if value is not True}


if __name__ == "__main__":
    print(to_schema(sys.argv[1]), end="")
