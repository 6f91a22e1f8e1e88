"""Read a submission, a notebook or its export as a script, into cells of text.

Students' files are odd more often than they are wrong: anything from which the cells can be told is
accepted, whatever the notebook schema says of the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.submission.errors import Ungradable

MAX_BYTES = 50_000_000
_KINDS = ("code", "markdown", "raw")
_LANGUAGES = ("", "python", "ipython", "python3", "ipython3")
_AGAIN = "save it in Jupyter and hand it in again"


@dataclass(frozen=True)
class Cell:
    """One cell; ``number`` counts all cells of the file, Markdown included, from 1."""

    number: int
    kind: str
    source: str
    execution_count: int | None = None
    has_outputs: bool = False
    attachments: dict[str, Any] | None = None


@dataclass(frozen=True)
class Notebook:
    """A submission as read; ``notes`` say what is unusual about the file."""

    path: Path
    sha256: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells that aren't blank, in order."""
        return tuple(cell for cell in self.cells if cell.kind == "code" and cell.source.strip())

    @property
    def raw(self) -> Any:
        """A fresh, valid nbformat 4 node of the cells, without outputs, ready to be executed.

        It is rebuilt and not the file's own node: whatever metadata the file holds, tags that steer
        the execution included, doesn't reach the kernel.
        """
        from nbformat import from_dict  # not needed to grade a class, and slow to import

        python = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [_raw_cell(cell) for cell in self.cells]
        return from_dict(
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": python}, "cells": cells}
        )


def _raw_cell(cell: Cell) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": f"cell-{cell.number}",
        "cell_type": cell.kind,
        "metadata": {},
        "source": cell.source,
    }
    if cell.kind == "code":
        made |= {"execution_count": None, "outputs": []}
    if cell.attachments:
        made["attachments"] = cell.attachments
    return made


def load(path: Path) -> Notebook:
    """Read the notebook (or ``.py`` export) at ``path``.

    Raises:
        Ungradable: if the file can't be read, isn't a notebook or holds no code.
    """
    content = _read(path)
    text = _decode(content)
    if not text.strip():
        raise Ungradable(f"The file is empty: {_AGAIN}.")
    notes: tuple[str, ...] = ()
    if path.suffix.lower() == ".py":
        cells = _script_cells(text)
    else:
        cells, notes = _notebook_cells(_parse_json(text))
    notebook = Notebook(path, hashlib.sha256(content).hexdigest(), cells, notes)
    if not notebook.code:
        raise Ungradable("The notebook holds no code: hand in the notebook with your solution.")
    return notebook


def _read(path: Path) -> bytes:
    """The bytes of a regular file of at most MAX_BYTES; never waits on a pipe or a device."""
    if _is_directory(path):
        raise Ungradable("This is a folder: hand in the notebook file itself.")
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Ungradable("This is no ordinary file: hand in the notebook file itself.")
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if path.is_symlink():
            reason = "The file is a link to a file that doesn't exist: hand in the file itself."
        else:
            reason = "There is no such file: check its name and folder."
        raise Ungradable(reason) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "bad name"
        raise Ungradable(f"The file can't be opened ({why}): check its permissions.") from None
    if len(content) > MAX_BYTES:
        raise Ungradable(
            f"The file is larger than {MAX_BYTES // 1_000_000} MB: "
            "clear the outputs of all cells, save it and hand it in again."
        )
    return content


def _open_without_waiting(name: str, flags: int) -> int:
    """Open a file; without O_NONBLOCK, opening a named pipe would wait for a writer for ever."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Ungradable(f"The file isn't UTF-8 text: {_AGAIN}.") from None


def _parse_json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except RecursionError:
        raise Ungradable(f"The file is nested too deeply to be a notebook: {_AGAIN}.") from None
    except json.JSONDecodeError as error:
        raise Ungradable(
            f"The file isn't a notebook: it is no valid JSON at line {error.lineno}; {_AGAIN}."
        ) from None
    except ValueError:  # an integer of thousands of digits
        raise Ungradable(f"The file holds a number that no notebook has: {_AGAIN}.") from None
    if not isinstance(data, dict):
        raise Ungradable(f"The file is JSON, but isn't a notebook: {_AGAIN}.")
    return data


def _notebook_cells(data: dict[str, Any]) -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    """The cells of a notebook of any version, and notes on what is unusual about it."""
    version = data.get("nbformat", 4 if "cells" in data else None)
    if not isinstance(version, int) or isinstance(version, bool):
        raise Ungradable(f"The file is JSON, but isn't a notebook: {_AGAIN}.")
    if version > 4 or version < 1:
        raise Ungradable(
            f"The notebook is of the unknown format {str(version)[:10]}: "
            "save it in Jupyter as format 4."
        )
    entries = data.get("cells") if version == 4 else _old_cells(data)
    if not isinstance(entries, list):
        raise Ungradable(f"The notebook's cells are no list: {_AGAIN}.")
    cells = tuple(_cell(number, entry) for number, entry in enumerate(entries, 1))
    return cells, _language_notes(data)


def _old_cells(data: dict[str, Any]) -> Any:
    """The cells of formats 1 to 3, as format 4 has them.

    Formats 2 and 3 keep them in worksheets, format 1 in ``cells``; all three call a code cell's
    text ``input`` and its count ``prompt_number``, and format 3 has headings of their own kind.
    """
    if "worksheets" in data:
        sheets = data["worksheets"]
        if not isinstance(sheets, list):
            return None
        groups = [sheet.get("cells") if isinstance(sheet, dict) else None for sheet in sheets]
    else:
        groups = [data.get("cells")]
    if not all(isinstance(group, list) for group in groups):
        return None
    return [_upgraded(entry) for group in groups for entry in group or ()]


def _upgraded(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    kind = entry.get("cell_type")
    upgraded = dict(entry)
    if kind == "code":
        upgraded["source"] = entry.get("input", entry.get("code", entry.get("source", "")))
        upgraded["execution_count"] = entry.get("prompt_number")
    elif kind in ("heading", "html", "text"):
        upgraded["cell_type"] = "markdown"
        upgraded.setdefault("source", entry.get("text", ""))
    return upgraded


def _cell(number: int, entry: Any) -> Cell:
    if not isinstance(entry, dict):
        raise Ungradable(f"Cell {number} of the notebook is no cell: {_AGAIN}.")
    kind = entry.get("cell_type")
    source = entry.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if kind not in _KINDS or not isinstance(source, str):
        raise Ungradable(f"Cell {number} of the notebook is damaged: {_AGAIN}.")
    count = entry.get("execution_count")
    return Cell(
        number,
        kind,
        _clean(source),
        count if isinstance(count, int) and not isinstance(count, bool) else None,
        kind == "code" and bool(entry.get("outputs")),
        _attachments(entry.get("attachments")) if kind == "markdown" else None,
    )


def _clean(source: str) -> str:
    """The text with plain line ends, and without lone surrogates, which no file can hold."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return source.encode("utf-8", "replace").decode("utf-8")


def _attachments(value: Any) -> dict[str, Any] | None:
    """Pictures in a Markdown cell: file name -> media type -> base64 text."""
    if not isinstance(value, dict):
        return None
    kept = {
        name: bundle
        for name, bundle in value.items()
        if isinstance(bundle, dict) and all(isinstance(data, str) for data in bundle.values())
    }
    return kept or None


def _language_notes(data: dict[str, Any]) -> tuple[str, ...]:
    """A note if the metadata claim another language than Python."""
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return ()
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(key)
        name = entry.get(field) if isinstance(entry, dict) else None
        if isinstance(name, str) and name.lower() not in _LANGUAGES:
            return (f"The notebook says that its language is {name[:40]}; it was read as Python.",)
    return ()


# A separator of nbconvert ('# In[7]:') or of the percent format ('# %% [markdown]').
_SEPARATOR = re.compile(r"# In ?\[[ \d*]*\]:?[ \t]*|#[ \t]*%%(?P<percent>.*)")


def _script_cells(text: str) -> tuple[Cell, ...]:
    """The cells of a ``.py`` export; a script without separators is one cell.

    nbconvert writes Markdown as comments above the next separator: they stay in the code cell
    before it, where they do no harm.
    """
    groups: list[tuple[str, list[str]]] = [("code", [])]
    for line in _clean(text).split("\n"):
        separator = _SEPARATOR.fullmatch(line)
        # '# %%time' is a magic that jupytext commented out, not a separator.
        percent = separator.group("percent") if separator else None
        if separator is None or (percent and not percent[0].isspace() and percent[0] not in "[%"):
            groups[-1][1].append(line)
        elif percent is not None and re.search(r"\[(markdown|md|raw)\]", percent):
            groups.append(("markdown", []))
        else:
            groups.append(("code", []))
    if _is_blank(groups[0][1]) and len(groups) > 1:
        del groups[0]  # the coding line and the interpreter line above the first separator
    return tuple(
        Cell(number, kind, "\n".join(lines).strip("\n"))
        for number, (kind, lines) in enumerate(groups, 1)
    )


def _is_blank(lines: Iterable[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)
