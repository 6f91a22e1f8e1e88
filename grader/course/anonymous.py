"""The folder ``anonymous``: pages and executed notebooks that don't tell whose they are.

Everything that is there beside them stays as it is, so nothing is lost: pages with names go to
students, those with pseudonyms to whoever is to judge or to read them without knowing the students.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from pathlib import Path, PurePath
from typing import Any, TypeVar

from grader.composition import ASSIGNMENT
from grader.course.contents import Contents
from grader.course.identities import KnownStudents, Masked
from grader.course.kept_code import read_code
from grader.course.pages import executed_path, executed_text, page_path, write_index
from grader.course.pseudonyms import pseudonyms_of
from grader.course.writing import write_whole
from grader.lazily import Lazily, mapped
from grader.report.course import Entry, Identity
from grader.report.index import to_index_pages
from grader.report.page import in_course, to_page

FOLDER = "anonymous"

_SAYS_NOTHING = frozenset(
    (
        *("id", "status", "title", "by", "target", "method", "misconception", "misconceptions"),
        *("device", "sha256", "environment", "feedback"),
    )
)
"""Fields that hold no text of students."""
_KEPT_METADATA = ("kernelspec", "language_info")
"""Of a notebook's: others hold its name, and the people who worked on it."""
_KEPT_OF_CELL = ("cell_type", "id", "execution_count", "attachments")
"""What a cell keeps as it is; its metadata hold who has executed it when."""

Value = TypeVar("Value")


def write_anonymous(
    contents: Contents, entries: Sequence[Entry], titles: Mapping[str, str]
) -> Path:
    """Write the course with pseudonyms; return the path of its page.

    What an earlier call wrote of submissions that aren't in the course any more is removed.

    Args:
        contents: of the folder of results, where the file of pseudonyms is kept.
        entries: the course, with what holds now.
        titles: id -> the misconception in words.

    Raises:
        PseudonymsError: there is a file of pseudonyms that can't be read.
        StoreError: something can't be written.
    """
    out = contents.folder
    course = KnownStudents(entries, pseudonyms_of(out, [entry.name for entry in entries]))
    folder, written = out / FOLDER, set()

    def write(path: Path, text: str) -> None:
        write_whole(folder / path, text.encode())
        written.add(folder / path)

    everyone = mapped(lambda entry: masked_entry(entry, course.masked(entry)), entries)
    places = {}
    for at, entry in enumerate(entries):
        masked = course.masked(entry)
        name, text = masked.pseudonym, executed_text(contents, entry)
        executed = masked_notebook(text, masked) if text else None
        methods = {k: masked.text(v) for k, v in read_code(contents, entry.name).methods.items()}
        nameless = everyone[at]
        page = to_page(nameless.result, ASSIGNMENT.title, methods, executed, nameless)
        write(page_path(name), in_course(page))
        if executed:
            write(executed_path(name), executed)
        places[name] = at
    order = sorted(places)
    shown = Lazily(len(order), lambda at: everyone[places[order[at]]])
    addresses = {name: f"students/{page_path(name).name}" for name in order}
    index = write_index(folder, to_index_pages(shown, addresses, ASSIGNMENT.title, titles))
    for path in (*folder.glob("report/students/*.html"), *folder.glob("executed/*.ipynb")):
        if path not in written:
            with suppress(OSError):
                path.unlink()
    return index


def masked_entry(entry: Entry, masked: Masked) -> Entry:
    """Return a submission that is called by its pseudonym, in all its texts."""
    nameless: Entry = _masked(entry, masked)
    path = masked.pseudonym + PurePath(entry.result.submission.path).suffix
    submission = replace(entry.result.submission, path=path, student=masked.pseudonym)
    return replace(
        nameless,
        name=masked.pseudonym,
        result=replace(nameless.result, submission=submission),
        students=(Identity(masked.pseudonym),),
        submitted=None,
        arrival=None,
    )


def _masked(value: Value, masked: Masked) -> Value:
    """Return a value with pseudonyms in all its texts."""
    changed: Any = value
    if isinstance(value, str):
        changed = masked.text(value)
    elif isinstance(value, Mapping):
        changed = {key: _masked(part, masked) for key, part in value.items()}
    elif isinstance(value, (tuple, list)):
        changed = type(value)(_masked(part, masked) for part in value)
    elif is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in _SAYS_NOTHING]
        changed = replace(value, **{name: _masked(getattr(value, name), masked) for name in names})
    return changed


def masked_notebook(text: str, masked: Masked) -> str | None:
    """Return a notebook with pseudonyms in its source and outputs; None if it can't be read.

    Pictures stay as they are, and so do names that the course doesn't know.
    """
    try:
        notebook = json.loads(text)
        metadata = notebook.get("metadata", {})
        notebook["metadata"] = {key: metadata[key] for key in _KEPT_METADATA if key in metadata}
        notebook["cells"] = [_masked_cell(cell, masked) for cell in notebook["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _masked_cell(cell: dict[str, Any], masked: Masked) -> dict[str, Any]:
    changed = {key: cell[key] for key in _KEPT_OF_CELL if key in cell}
    changed |= {"metadata": {}, "source": masked.text(_joined(cell["source"]))}
    if "outputs" in cell:
        changed["outputs"] = [_masked_output(output, masked) for output in cell["outputs"]]
    return changed


def _masked_output(output: dict[str, Any], masked: Masked) -> dict[str, Any]:
    changed = dict(output)
    if "metadata" in output:
        changed["metadata"] = {}
    if "text" in output:
        changed["text"] = masked.text(_joined(output["text"]))
    if "data" in output:
        changed["data"] = {
            kind: part if kind.startswith("image/") and "svg" not in kind else _shown(part, masked)
            for kind, part in output["data"].items()
        }
    for key in ("traceback", "ename", "evalue"):
        if key in output:
            changed[key] = _masked(output[key], masked)
    return changed


def _shown(part: Any, masked: Masked) -> Any:
    """Return what an output shows: lines of text are one text, in which a name may go on."""
    is_lines = isinstance(part, list) and all(isinstance(line, str) for line in part)
    return masked.text("".join(part)) if is_lines else _masked(part, masked)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
