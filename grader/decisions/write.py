"""Write decisions into ``overrides.yaml``, each whole or not at all, whoever else is at work.

What is written is appended, so that a person's own lines and comments stay as they are. A log
beside the history has each decision before the file does: what a kill or an editor with an older
text on its screen has lost is found by it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from grader.decisions.log import logged, write_log
from grader.decisions.names import FILES
from grader.decisions.problems import number_of, problems_of
from grader.decisions.read import (
    OverridesError,
    decisions_path,
    known_of,
    parse_decisions,
    read_decisions,
    told_problems,
)
from grader.decisions.replace_file import replace_if_same
from grader.decisions.rows import Row, csv_rows, read_text, text_in
from grader.decisions.yaml_text import RawEntry, plain_entries, same_text, with_entries, without
from grader.examiner.rubric import Rubric
from grader.examiner.strict_yaml import YamlError
from grader.moments import read_moment
from grader.whole_file import write_whole_file

CONVERTED = "overrides.csv.converted"
_LOCK = ".overrides.lock"
_TRIES = 100

Look = Callable[[Sequence[RawEntry]], None]
"""Looks at the entries of the file before one is added; raises what the person is told."""


class DecisionError(Exception):
    """A decision can't be written; says why in a sentence for the person who made it."""


def digest_of(folder: Path) -> str:
    """Return a digest of the file of overrides as it is; "" if there is none."""
    path = decisions_path(folder)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path else ""


def decide(
    folder: Path, rubric: Rubric, entries: Sequence[RawEntry], look: Look | None = None
) -> None:
    """Add entries to the file of overrides.

    Args:
        folder: that of the results.
        rubric: what can be decided about.
        entries: what is decided.
        look: is shown what the file has, while nobody else of the desk writes.

    Raises:
        DecisionError: they can't be used, or the file can't be written.
    """
    _refuse_unusable(rubric, entries)

    def add(text: str) -> str:
        return with_entries(text, entries)

    with _writing(folder):
        read_decisions(folder, rubric)
        if look is not None:
            look(entries_in(folder))
        path = _path(folder)
        _changed(path, _content(path), rubric, add)  # nothing is logged that can't be written
        write_log(folder, "decide", entries)
        _change(folder, rubric, add)


def take_back(folder: Path, rubric: Rubric, entry: RawEntry) -> None:
    """Remove an entry from the file of overrides: what was decided before holds again.

    Raises:
        DecisionError: it isn't there any more, or the file can't be written.
    """
    with _writing(folder):
        _change(folder, rubric, lambda text: _without_entry(text, entry))
        write_log(folder, "take back", [entry])


def put_back(folder: Path, rubric: Rubric) -> None:
    """Write again what was decided here, and is in the file no more; what is newer still counts.

    Raises:
        DecisionError: it can't be used any more, or the file can't be written.
    """
    with _writing(folder):
        entries = lost(folder)
        if entries:
            _refuse_unusable(rubric, entries)
            _change(folder, rubric, lambda text: _with_lost(text, entries))


def let_go(folder: Path) -> None:
    """Remember that what was decided, and is in the file no more, need not be there.

    Raises:
        DecisionError: it can't be written.
    """
    with _writing(folder):
        write_log(folder, "let go", lost(folder))


def entries_in(folder: Path) -> list[RawEntry]:
    """Return the entries of the file as they stand there; none if it has none or can't be read."""
    try:
        path = decisions_path(folder)
        if path is None:
            return []
        text = read_text(path)
        if path.suffix == ".csv":
            return [row.value for row in csv_rows(text)[0] if not row.unreadable]
        return plain_entries(text)
    except (OSError, ValueError, OverridesError, YamlError):
        return []


def lost(folder: Path) -> list[RawEntry]:
    """Return what was decided here and not taken back, but isn't in the file any more.

    An entry that a person has changed there since is not lost: it is known by whom it is for, what
    it is about, and when it was decided.
    """
    wanted: dict[str, list[RawEntry]] = {}
    for line in logged(folder):
        entries = wanted.setdefault(_key(line.entry), [])
        if line.did == "decide":
            entries.append(line.entry)
        elif entries:
            entries.pop()
    there = Counter(map(_key, entries_in(folder)))
    return [entry for key, entries in wanted.items() for entry in entries[there[key] :]]


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
        if problems or missing or any(row.unreadable for row in rows):
            raise DecisionError(
                f"Nothing is decided: {path.name} has mistakes. Correct them first."
            )
        text = with_entries("", [with_numbers(row.value) for row in rows]) if rows else ""
        write_whole_file(folder / FILES[0], text.encode())
        path.rename(folder / CONVERTED)
    except (OSError, ValueError) as error:
        raise DecisionError(f"{path.name} can't be turned into {FILES[0]}: {error}.") from error


def with_numbers(row: RawEntry) -> RawEntry:
    """Return an entry, such as a row of a table with texts alone, with its points as numbers."""
    numbers = {key: number_of(row[key]) for key in ("points", "was") if row.get(key)}
    return {**row, **{key: value for key, value in numbers.items() if value == value}}


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Hold the lock of the file: one that writes at a time, in whatever process."""
    try:
        with FileLock(folder / _LOCK):
            convert_table(folder)
            yield
    except OverridesError as error:
        raise DecisionError(f"Nothing is decided, for the file has mistakes: {error}") from error
    except OSError as error:
        why = error.strerror or error
        raise DecisionError(f"Nothing is decided: {folder} can't be written ({why}).") from error


def _change(folder: Path, rubric: Rubric, change: Callable[[str], str]) -> None:
    """Write the file anew, by what it has at the very moment."""
    path = _path(folder)
    for _ in range(_TRIES):
        before = _content(path)
        if replace_if_same(path, before, _changed(path, before, rubric, change)):
            return
    raise DecisionError(f"{path.name} is written by another program all the time: try again.")


def _path(folder: Path) -> Path:
    return decisions_path(folder) or folder / FILES[0]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _changed(path: Path, before: bytes, rubric: Rubric, change: Callable[[str], str]) -> bytes:
    """Return what the file will have.

    Raises:
        OverridesError: it can't be read, or would have a mistake then.
    """
    with told_problems(path.name):
        text = change(text_in(before))
    parse_decisions(path.name, text, rubric)
    return text.encode()


def _refuse_unusable(rubric: Rubric, entries: Sequence[RawEntry]) -> None:
    """Refuse what a file must not have, in words without a line: it isn't in the file yet.

    Raises:
        DecisionError: says all that is wrong.
    """
    known = known_of(rubric)
    wrong = [why for entry in entries for _, why in problems_of(Row(entry, 0), known)]
    if wrong:
        raise DecisionError(f"Nothing is decided: {' And '.join(wrong)}")


def _with_lost(text: str, entries: Sequence[RawEntry]) -> str:
    """Return the text with entries more, behind which stands what was decided later of the same."""
    newer = [
        entry
        for entry in plain_entries(text)
        if any(_about(entry) == _about(lost) and _is_later(entry, lost) for lost in entries)
    ]
    for entry in newer:
        text = _without_entry(text, entry)
    return with_entries(text, [*entries, *newer])


def _is_later(entry: RawEntry, other: RawEntry) -> bool:
    moments = [read_moment(it["at"]) if it.get("at") else None for it in (entry, other)]
    match moments:
        case [datetime() as one, datetime() as two]:
            return one > two
    return False


def _about(entry: RawEntry) -> dict[str, Any]:
    """Return whom an entry is for, and what it is about."""
    return {key: entry.get(key) for key in ("student", "where", "target")}


def _without_entry(text: str, entry: RawEntry) -> str:
    """Return the text without an entry: the last one that says the same.

    Raises:
        DecisionError: there is none.
    """
    there, wanted = plain_entries(text), same_text(entry)
    at = next((i for i in reversed(range(len(there))) if same_text(there[i]) == wanted), None)
    if at is None:
        raise DecisionError("This was taken back or changed already: load the page again.")
    return without(text, at)


def _key(entry: RawEntry) -> str:
    """Return what an entry is known by: all of it where nobody wrote when it was decided."""
    at = read_moment(entry["at"]) if entry.get("at") else None
    if at is None:
        return same_text(entry)
    return same_text({**_about(entry), "at": at.isoformat()})
