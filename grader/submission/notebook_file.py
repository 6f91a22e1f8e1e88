"""Read the cells of a notebook file of any version, whatever else in it is damaged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from grader.submission.cells import Cell, with_plain_breaks
from grader.submission.errors import Ungradable

AGAIN = "save it in Jupyter once more, and use that file"
_KINDS = ("code", "markdown", "raw")
_TEXT_KINDS = ("heading", "html", "text")
_OWN_KEYS = ("cells", "worksheets", "nbformat")
_OLD_NAMES = {
    "input": "source",
    "code": "source",
    "text": "source",
    "prompt_number": "execution_count",
}
_LANGUAGES = ("", "python", "ipython", "python3", "ipython3")


@dataclass(frozen=True)
class Content:
    """The content of a notebook file: see `grader.submission.cells.Notebook`."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...]
    python: str | None


def read_notebook(text: str) -> Content:
    """Return the content of a notebook file.

    Raises:
        Ungradable: no cells can be told.
    """
    data, rest = _parsed(text)
    entries = data["cells"] if "cells" in data else _in_sheets(data)
    if not isinstance(entries, list):
        raise Ungradable(f"The notebook's cells are no list: {AGAIN}.")
    read = [_cell(number, entry) for number, entry in enumerate(entries, 1)]
    cells = tuple(cell for cell, _ in read)
    damaged = [cell.number for cell, is_whole in read if not is_whole]
    notes = [f"Cell {n} of the notebook is damaged and was passed over." for n in damaged]
    if rest:
        notes.append("The file goes on after the notebook's end; that was passed over.")
    if damaged and not any(cell.kind == "code" and cell.source.strip() for cell in cells):
        raise Ungradable(
            f"Cell {damaged[0]} of the notebook is damaged, and no other holds code: {AGAIN}."
        )
    return Content(cells, (*_language_notes(data), *notes), _python(data))


def is_json(text: str) -> bool:
    """Tell whether the text starts with a whole JSON value."""
    try:
        _decoded(text)
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(text: str) -> tuple[Any, str]:
    """Return the JSON value at the start, and what comes after it."""
    text = text.lstrip("\ufeff \t\r\n")
    value, end = json.JSONDecoder(strict=False).raw_decode(text)
    return value, text[end:].strip("\0 \t\r\n")


def _parsed(text: str) -> tuple[dict[str, Any], str]:
    try:
        data, rest = _decoded(text)
    except RecursionError:
        raise Ungradable(f"The file is nested too deeply to be a notebook: {AGAIN}.") from None
    except json.JSONDecodeError as error:
        raise Ungradable(_invalid(error)) from None
    except ValueError:  # an integer of thousands of digits
        raise Ungradable(f"The file holds a number that no notebook has: {AGAIN}.") from None
    if not isinstance(data, dict) or data.keys().isdisjoint(_OWN_KEYS):
        raise Ungradable(f"The file is JSON, but isn't a notebook: {AGAIN}.")
    return data, rest


def _invalid(error: json.JSONDecodeError) -> str:
    """Say why the text is no JSON: it broke off, or something in it is wrong."""
    left = error.doc.rstrip("\0 \t\r\n")[error.pos :]
    closes = "}" in left and not set(left) - set(",}] \t\r\n")
    if (len(left) < len('"\\u000') and not closes) or error.msg.startswith("Unterminated string"):
        return (
            f"The notebook is incomplete: the file broke off in line {error.doc.count(chr(10)) + 1}"
            ", as after an interrupted save, upload or download; "
            f"{AGAIN}."
        )
    return f"The file isn't a notebook: it is no valid JSON at line {error.lineno}; {AGAIN}."


def _in_sheets(data: dict[str, Any]) -> list[Any] | None:
    """Return the cells of formats 2 and 3, which keep them in worksheets."""
    sheets = data.get("worksheets")
    if not isinstance(sheets, list):
        return None
    groups = [sheet.get("cells") if isinstance(sheet, dict) else None for sheet in sheets]
    lists = [group for group in groups if isinstance(group, list)]
    return [entry for group in lists for entry in group] if lists else None


def _cell(number: int, entry: Any) -> tuple[Cell, bool]:
    """Return a cell, and whether no code is lost; text without a source harms nothing."""
    if not isinstance(entry, dict):
        return Cell(number, "raw", ""), False
    entry = _upgraded(entry)
    kind, source = entry["cell_type"], entry.get("source", "")
    if isinstance(source, list) and all(isinstance(line, (str, type(None))) for line in source):
        source = "".join(filter(None, source))
    is_text, count = isinstance(source, str), entry.get("execution_count")
    cell = Cell(
        number,
        kind,
        with_plain_breaks(source) if is_text else "",
        count if isinstance(count, int) and not isinstance(count, bool) else None,
        kind == "code" and bool(entry.get("outputs")),
        _attachments(entry.get("attachments")) if kind == "markdown" else None,
    )
    return cell, is_text or kind != "code"


def _upgraded(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a cell as format 4 has it.

    Formats 1 to 3 call a code cell's text ``input`` and its count ``prompt_number``; format 3 has
    headings of their own kind. Kinds that a converter made up are text, unless they were executed.
    """
    kind = entry.get("cell_type")
    upgraded = dict(entry)
    if kind in _TEXT_KINDS:
        upgraded["cell_type"] = "markdown"
    elif kind not in _KINDS:
        executed = entry.get("outputs") or "execution_count" in entry or "input" in entry
        upgraded["cell_type"] = "code" if executed else "raw"
    for old, name in _OLD_NAMES.items():
        if old in entry:
            upgraded.setdefault(name, entry[old])
    return upgraded


def _attachments(value: Any) -> dict[str, Any] | None:
    """Return pictures in a Markdown cell: file name -> media type -> base64 text."""
    if not isinstance(value, dict):
        return None
    kept = {
        name: bundle
        for name, bundle in value.items()
        if isinstance(bundle, dict) and all(isinstance(data, str) for data in bundle.values())
    }
    return kept or None


def _metadata(data: dict[str, Any], key: str, field: str) -> str | None:
    """Return an entry of the notebook's metadata, if it is text."""
    metadata = data.get("metadata")
    entry = metadata.get(key) if isinstance(metadata, dict) else None
    value = entry.get(field) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


def _language_notes(data: dict[str, Any]) -> tuple[str, ...]:
    """Note it if the metadata claim another language than Python."""
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        name = _metadata(data, key, field)
        if name is not None and name.lower() not in _LANGUAGES:
            return (f"The notebook says that its language is {name[:40]}; it was read as Python.",)
    return ()


def _python(data: dict[str, Any]) -> str | None:
    """Return the version of Python that the metadata name."""
    version = _metadata(data, "language_info", "version")
    return version[:20] if version and _language_notes(data) == () else None
