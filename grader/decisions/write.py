"""Write decisions into ``overrides.yaml``, each whole or not at all, whoever else is at work.

What is written is appended, so that a person's own lines and comments stay as they are. A log
beside the history has each decision before the file does: what a kill or an editor with an older
text on its screen has lost is found by it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString
from ruamel.yaml.util import load_yaml_guess_indent

from grader.decisions.decision import Decision
from grader.decisions.names import FILES
from grader.decisions.read import OverridesError, decisions_path, parse_decisions
from grader.decisions.rows import csv_rows, read_text
from grader.examiner.rubric import Rubric
from grader.whole_file import write_whole_file

LOG = Path("history", "decisions.jsonl")
CONVERTED = "overrides.csv.converted"
_LOCK = ".overrides.lock"
_TRIES = 100
_WIDTH = 96

Entry = Mapping[str, Any]
"""An entry as the file has it: plain keys and values."""


class DecisionError(Exception):
    """A decision can't be written; says why in a sentence for the person who made it."""


@dataclass(frozen=True)
class Logged:
    """A line of the log."""

    did: Literal["decide", "take back", "let go"]
    entry: Entry


def digest_of(folder: Path) -> str:
    """Return a digest of the file of overrides as it is; "" if there is none."""
    path = decisions_path(folder)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path else ""


def decide(folder: Path, rubric: Rubric, entries: Sequence[Entry]) -> None:
    """Add entries to the file of overrides.

    Raises:
        DecisionError: they can't be used, or the file can't be written.
    """

    def added(text: str) -> str:
        return _with_entries(text, entries)

    with _writing(folder):
        _refuse_unusable(folder, rubric, added)
        _log(folder, "decide", entries)
        _change(folder, rubric, added)


def take_back(folder: Path, rubric: Rubric, entry: Entry) -> None:
    """Remove an entry from the file of overrides: what was decided before holds again.

    Raises:
        DecisionError: it isn't there any more, or the file can't be written.
    """
    with _writing(folder):
        _change(folder, rubric, lambda text: _without(text, entry))
        _log(folder, "take back", [entry])


def let_go(folder: Path, entries: Sequence[Entry]) -> None:
    """Remember that what was decided, and is in the file no more, need not be there.

    Raises:
        DecisionError: it can't be written.
    """
    with _writing(folder):
        _log(folder, "let go", entries)


def entries_in(folder: Path) -> list[Entry]:
    """Return the entries of the file as they stand there; none if it has none or can't be read."""
    try:
        path = decisions_path(folder)
        if path is None:
            return []
        text = read_text(path)
        if path.suffix == ".csv":
            return [row.value for row in csv_rows(text)[0]]
        return [_plain(entry) for entry in _parse(text)[0]]
    except (OSError, ValueError, OverridesError, DecisionError, csv.Error):
        return []


def entry_of(decision: Decision, entries: Sequence[Entry]) -> Entry | None:
    """Return the entry that a decision was read from; None if the file has changed since."""
    return entries[decision.number - 1] if decision.number <= len(entries) else None


def lost(folder: Path) -> list[Entry]:
    """Return what was decided here and not taken back, but isn't in the file any more."""
    wanted: list[Entry] = []
    for line in _logged(folder):
        if line.did == "decide":
            wanted.append(line.entry)
        elif line.entry in wanted:
            wanted.remove(line.entry)
    for entry in entries_in(folder):
        if entry in wanted:
            wanted.remove(entry)
    return wanted


def convert_table(folder: Path) -> None:
    """Turn a folder's ``overrides.csv`` into ``overrides.yaml``, and set the table aside.

    Raises:
        DecisionError: it can't be read or written.
    """
    path = decisions_path(folder)
    if path is None or path.suffix != ".csv":
        return
    try:
        rows, problems, missing = csv_rows(read_text(path))
        if problems or missing:
            raise DecisionError(f"{path.name} has mistakes: correct them first.")
        text = _with_entries("", [row.value for row in rows])
        write_whole_file(folder / FILES[0], text.encode())
        path.rename(folder / CONVERTED)
    except (OSError, ValueError, csv.Error) as error:
        raise DecisionError(f"{path.name} can't be turned into {FILES[0]}: {error}.") from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Hold the lock of the file: one that writes at a time, in whatever process."""
    try:
        with FileLock(folder / _LOCK):
            convert_table(folder)
            yield
    except OverridesError as error:
        raise DecisionError(str(error)) from error
    except OSError as error:
        why = error.strerror or error
        raise DecisionError(f"Nothing is decided: {folder} can't be written ({why}).") from error


def _change(folder: Path, rubric: Rubric, change: Callable[[str], str]) -> None:
    """Write the file anew, by what it has at the very moment.

    An editor takes no lock, so the file is compared with what was read just before it is replaced.
    """
    path = decisions_path(folder) or folder / FILES[0]
    for _ in range(_TRIES):
        before = path.read_bytes() if path.exists() else b""
        text = change(before.decode("utf-8-sig"))
        parse_decisions(path.name, text, rubric)
        if (path.read_bytes() if path.exists() else b"") == before:
            write_whole_file(path, text.encode())
            return
    raise DecisionError(f"{path.name} is written by another program all the time: try again.")


def _refuse_unusable(folder: Path, rubric: Rubric, change: Callable[[str], str]) -> None:
    path = decisions_path(folder)
    text = read_text(path) if path else ""
    parse_decisions(FILES[0], change(text), rubric)


def _parse(text: str) -> tuple[CommentedSeq, YAML]:
    """Return the entries of a text with all its comments, and what writes them as they were."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    _, indent, offset = load_yaml_guess_indent(text)
    yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    entries = yaml.load(text)
    if entries is None:
        entries = CommentedSeq()
    if not isinstance(entries, CommentedSeq):
        raise DecisionError("overrides.yaml holds no list: correct it first.")
    return entries, yaml


def _with_entries(text: str, entries: Sequence[Entry]) -> str:
    """Return the text with entries at its end."""
    there, yaml = _parse(text)
    made = [_commented(entry) for entry in entries]
    if len(there) and not there.fa.flow_style():
        block = io.StringIO()
        yaml.dump(CommentedSeq(made), block)
        return text.rstrip("\n") + "\n" + block.getvalue()
    there.extend(made)
    whole = io.StringIO()
    yaml.dump(there, whole)
    # An empty list keeps no comment, and a text of comments alone is one.
    return whole.getvalue() if len(there) > len(made) else _comments(text) + whole.getvalue()


def _comments(text: str) -> str:
    lines = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    return "".join(f"{line}\n" for line in lines)


def _without(text: str, entry: Entry) -> str:
    """Return the text without an entry: the last one that says the same.

    Raises:
        DecisionError: there is none.
    """
    there, yaml = _parse(text)
    at = next((i for i in reversed(range(len(there))) if _plain(there[i]) == dict(entry)), None)
    if at is None:
        raise DecisionError("This was taken back or changed already: load the page again.")
    lines = text.splitlines(keepends=True)
    start = there.lc.item(at)[0]
    end = there.lc.item(at + 1)[0] if at + 1 < len(there) else len(lines)
    if there.fa.flow_style() or not lines[start].lstrip().startswith("- "):
        del there[at]
        whole = io.StringIO()
        yaml.dump(there, whole)
        return whole.getvalue()
    while end > start + 1 and lines[end - 1].lstrip().startswith(("#", "\n")):
        end -= 1  # what stands above the next entry belongs to that
    return "".join(lines[:start] + lines[end:])


def _commented(entry: Entry) -> CommentedMap:
    made = CommentedMap()
    for key, value in entry.items():
        is_long = isinstance(value, str) and "\n" in value
        made[key] = LiteralScalarString(value) if is_long else value
    return made


def _plain(value: Any) -> Any:
    """Return plain keys and values, with times as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def _log(folder: Path, did: str, entries: Sequence[Entry]) -> None:
    """Add lines to the log, for good."""
    path = folder / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"did": did, "entry": dict(entry)}, ensure_ascii=False) for entry in entries
    ]
    with open(path, "a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def _logged(folder: Path) -> Iterator[Logged]:
    """Yield the lines of the log; the last may be half a line of who was killed over it."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            read = json.loads(line)
            yield Logged(read["did"], read["entry"])
        except (ValueError, KeyError, TypeError):
            continue
