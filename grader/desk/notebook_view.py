"""An executed notebook as the desk shows it: text and pictures, never markup of the student's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.report.pictures import Picture, pictures_of
from grader.untrusted_text import clean

_MOST_CELLS = 400
_MOST_TEXT = 20_000


@dataclass(frozen=True)
class ShownCell:
    """A cell: its number (from 1), what it is, its source, and what came out of it."""

    number: int
    is_code: bool
    source: str
    output: str
    pictures: tuple[Picture, ...]


def cells_of(executed: str) -> tuple[ShownCell, ...]:
    """Return the cells of a notebook file's text; none where it is no notebook."""
    try:
        cells = json.loads(executed)["cells"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ()
    if not isinstance(cells, list):
        return ()
    pictures: dict[int, list[Picture]] = {}
    for picture in pictures_of(executed):
        pictures.setdefault(picture.cell, []).append(picture)
    return tuple(_cells(cells[:_MOST_CELLS], pictures))


def _cells(cells: Any, pictures: Mapping[int, list[Picture]]) -> Iterator[ShownCell]:
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict):
            text = "".join(_text_of(output) for output in _listed(cell.get("outputs")))
            yield ShownCell(
                number,
                cell.get("cell_type") == "code",
                clean(_joined(cell.get("source")), _MOST_TEXT),
                clean(text, _MOST_TEXT),
                tuple(pictures.get(number, ())),
            )


def _listed(outputs: Any) -> list[Mapping[str, Any]]:
    return [it for it in outputs if isinstance(it, dict)] if isinstance(outputs, list) else []


def _text_of(output: Mapping[str, Any]) -> str:
    """Return what an output says in plain text."""
    if output.get("output_type") == "stream":
        return _joined(output.get("text"))
    if output.get("output_type") == "error":
        return f"{output.get('ename')}: {output.get('evalue')}\n"
    data = output.get("data")
    has_picture = isinstance(data, dict) and any(str(kind).startswith("image/") for kind in data)
    if not isinstance(data, dict) or has_picture:
        return ""
    return _joined(data.get("text/plain")) + "\n"


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
