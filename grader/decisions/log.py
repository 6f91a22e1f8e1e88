"""The log of decisions beside the history: each has its line there before the file has it.

What a kill or an editor with an older text on its screen has lost is found by it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.decisions.yaml_text import RawEntry

LOG = Path("history", "decisions.jsonl")
Did = Literal["decide", "take back", "let go"]


@dataclass(frozen=True)
class Logged:
    """A line of the log."""

    did: Did
    entry: RawEntry


def write_log(folder: Path, did: Did, entries: Sequence[RawEntry]) -> None:
    """Add lines to the log, for good."""
    path = folder / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"did": did, "entry": dict(entry)}, ensure_ascii=False) for entry in entries
    ]
    with open(path, "ab") as file:
        # A half line, of who was killed over it, must not swallow the next one.
        gap = b"\n" if file.tell() and not _ends_line(path) else b""
        file.write(gap + "".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())


def logged(folder: Path) -> Iterator[Logged]:
    """Yield the lines of the log; one may be half a line of who was killed over it."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return
    for line in lines:
        try:
            read = json.loads(line)
            yield Logged(read["did"], dict(read["entry"]))
        except (ValueError, KeyError, TypeError):
            continue


def _ends_line(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
