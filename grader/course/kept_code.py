"""code/NAME.json: what was graded of a notebook, as source, for pages that are made later."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grader.course.contents import Contents


@dataclass(frozen=True)
class KeptCode:
    """Source of a graded notebook.

    Attributes:
        text: the slice: the class and what it needs.
        methods: the methods that are graded, as written, by their names.
    """

    text: str = ""
    methods: dict[str, str] = field(default_factory=dict)


_CODE = TypeAdapter(KeptCode)


def code_path(name: str) -> Path:
    """Return where the code of a submission is, seen from the folder of the grading."""
    return Path("code", f"{name}.json")


def code_to_json(code: KeptCode) -> bytes:
    """Return the code of a submission as it is written."""
    return _CODE.dump_json(code)


def read_code(contents: Contents, name: str) -> KeptCode:
    """Return the code of a submission; none of it where it can't be read."""
    try:
        return _CODE.validate_json(contents.read(code_path(name)))
    except (OSError, ValidationError):
        return KeptCode()
