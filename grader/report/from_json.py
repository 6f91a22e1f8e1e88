"""Read a result that `to_json` wrote."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from grader.report.result import SCHEMA_VERSION, Result

_RESULT = TypeAdapter(Result)


def from_json(text: str | bytes) -> Result:
    """The result in a JSON text; keys that this version doesn't know are ignored.

    Raises:
        ValueError: the text is no result, or one of another schema version.
    """
    try:
        result = _RESULT.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ValueError(f"it is no result of the grader ({place}: {first['msg']})") from error
    if result.schema_version != SCHEMA_VERSION:
        raise ValueError(f"its schema version is {result.schema_version}, not {SCHEMA_VERSION}")
    return result
