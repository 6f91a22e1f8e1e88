"""Caps on what a notebook may put out, and the executed notebook as a valid file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import nbformat

from grader.untrusted_text import clean

MAX_CELL_BYTES = 1_000_000
MAX_NOTEBOOK_BYTES = 8_000_000
FLOOD_BYTES = 24_000_000
"""Past this the kernel is ended: no honest notebook comes near it."""
MESSAGE_BYTES = 1000
"""What a message counts for in addition to its content."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


@dataclass
class Meter:
    """Counts what a kernel sends, over the notebook and over the cell that it is at."""

    received: int = 0
    kept: int = 0
    cell: int = -1
    kept_in_cell: int = 0
    capped: set[int] = field(default_factory=set)

    @property
    def flooded(self) -> bool:
        """Whether the kernel has sent more than any honest notebook makes it send."""
        return self.received > FLOOD_BYTES

    def admit(self, content: dict[str, Any], cell: int) -> dict[str, Any] | None:
        """Return as much of a message's content as still fits; None if nothing does."""
        size = len(json.dumps(content, default=str)) + MESSAGE_BYTES
        self.received += size
        if cell != self.cell:
            self.cell, self.kept_in_cell = cell, 0
        room = min(MAX_CELL_BYTES - self.kept_in_cell, MAX_NOTEBOOK_BYTES - self.kept)
        if size > room:
            self.capped.add(cell)
            text = content.get("text")
            if not isinstance(text, str) or room <= MESSAGE_BYTES:
                return None
            content = {**content, "text": text[: (room - MESSAGE_BYTES) // 6]}
            size = room
        self.kept += size
        self.kept_in_cell += size
        return content


def plain(text: object, limit: int = 500) -> str:
    """Take terminal colours and control characters out of a submission's text."""
    return clean(_ESCAPES.sub("", text[: 8 * limit]) if isinstance(text, str) else "", limit)


def merge_streams(outputs: list[Any]) -> None:
    """Join the last two outputs if both are text on the same stream."""
    if len(outputs) < 2:
        return
    before, last = outputs[-2:]
    if before["output_type"] == last["output_type"] == "stream" and before["name"] == last["name"]:
        before["text"] += last["text"]
        outputs.pop()


def mark_caps(notebook: Any, capped: set[int]) -> None:
    """Say at the end of a cell's outputs that there was more."""
    text = "[The grader left out further output of this cell.]\n"
    for index in capped:
        outputs = notebook.cells[index].setdefault("outputs", [])
        outputs.append(nbformat.v4.new_output("stream", name="stderr", text=text))


def to_text(notebook: Any) -> str:
    """Return the executed notebook as a file's text; outputs that are not valid are left out."""
    try:
        nbformat.validate(notebook)
    except Exception:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if _is_valid(output)]
        notebook.metadata.pop("language_info", None)
    language = notebook.metadata.setdefault("language_info", {"name": "python"})
    language["file_extension"] = ".py"  # without it, an export to a script is called .txt
    text = nbformat.writes(notebook)
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_valid(output: Any) -> bool:
    try:
        nbformat.validate(output, ref="output", version=4)
        json.dumps(output)
    except Exception:
        return False
    return True
