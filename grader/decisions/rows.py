"""The entries of a file of overrides, YAML or CSV, each with the line that it starts in."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml

from grader.examiner.strict_yaml import keys_twice, line_of, read_any_yaml
from grader.platforms.csv_edit import delimiter
from grader.platforms.names import shown
from grader.submission.kinds import encoding_of

COLUMNS = ("student", "target", "points", "was", "by", "reason", "comment", "at")
"""What a table may have: the rest can only be said in YAML."""
NEEDED = ("student", "target", "points", "reason")
"""Columns that a table must have."""
_VALUES = ("points", "was", "seen", "due", "submitted", "at")
"""Keys of numbers, truths and times."""


@dataclass(frozen=True)
class Row:
    """An entry as the file has it.

    Attributes:
        value: what it says.
        line: the line that it starts in.
        lines: those of its keys.
        unreadable: why it can't be read, and has no value; "" where it can.
    """

    value: Any
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)
    unreadable: str = ""

    def line_of(self, key: object) -> int:
        """Return the line of a key, or that of the entry where it has none of its own."""
        return self.lines.get(str(key), self.line)


_QUOTES = (
    "it can't be read ({}): a cell with quotes in it stands between two quotes, and has each of "
    "its own twice."
)

Problem = tuple[int, str]
"""A line, and a sentence about what is wrong there."""


def yaml_rows(text: str) -> tuple[list[Row], list[Problem]]:
    """Return the entries, and the keys that are there twice.

    Raises:
        YamlError: it is no YAML.
        ValueError: it is no list.
    """
    rows, root = read_any_yaml(text)
    if rows is None:
        return [], []
    if not isinstance(rows, list) or not isinstance(root, yaml.SequenceNode):
        raise ValueError(
            "it must be a list of entries, each starting with '- student:' or '- where:'."
        )
    problems = [(line, f"line {line}: {shown(why)}.") for line, why in keys_twice(root)]
    entries = []
    for node, value in zip(root.value, rows, strict=True):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        lines = {str(key.value): line_of(key) for key, _ in pairs}
        entries.append(Row(_as_written(node, value), line_of(node), lines))
    return entries, problems


def _as_written(node: yaml.Node, value: Any) -> Any:
    """Return an entry whose texts are what stands there: a student 0012 is not 10, nor No false."""
    if not isinstance(node, yaml.MappingNode) or not isinstance(value, dict):
        return value
    written = dict(value)
    for key, item in node.value:
        name = key.value
        if not isinstance(name, str) or name not in value or name in _VALUES:
            continue
        if isinstance(item, yaml.MappingNode):
            written[name] = _as_written(item, value[name])
        elif isinstance(item, yaml.ScalarNode) and value[name] is not None:
            written[name] = item.value
    return written


def csv_rows(text: str) -> tuple[list[Row], list[Problem], Collection[str]]:
    """Return the entries, what is wrong with the header, and which needed columns are missing.

    Without a header that can be read there are no entries.

    Raises:
        ValueError: a column is there twice.
    """
    text, separator, before = _without_separator_line(text)
    header: list[str] = []
    rows: list[Row] = []
    problems: list[Problem] = []
    for at, found in _cells_by_line(text, separator):
        begins = at + 1 + before
        if isinstance(found, csv.Error):
            why = _QUOTES.format(" ".join(str(found).split()))
            if not header:
                return [], [(begins, f"line {begins}: {why}")], ()
            rows.append(Row(None, begins, unreadable=why))
            continue
        cells = [cell.strip() for cell in found]
        if any(cells) and not header:
            header = [cell.casefold() for cell in cells]
            problems = _header_problems(cells, begins)
            twice = [name for name in header if name and header.count(name) > 1]
            if twice:
                raise ValueError(f"the column '{shown(twice[0])}' is there twice.")
        elif any(cells):
            pairs = zip_longest(header, cells, fillvalue="")
            values = {name: cell for name, cell in pairs if cell and name in ("", *COLUMNS)}
            rows.append(Row(values, begins))
    return rows, problems, [key for key in NEEDED if key not in header]


def _cells_by_line(text: str, separator: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Yield where each row begins, a number of lines, and its cells or why they can't be read.

    Behind a row that can't be read it goes on in the next line. If a quote had taken in lines more,
    these may be the rest of a text: it goes on where one has as many separators as the header.
    """
    lines = io.StringIO(text, newline="").readlines()
    at = least = 0
    while at < len(lines):
        reader, begins = csv.reader(lines[at:], delimiter=separator, strict=True), at
        try:
            for cells in reader:
                least = least or max(len(cells) - 1, 0)
                yield begins, cells
                begins = at + reader.line_num
            return
        except csv.Error as error:
            yield begins, error
            ends = at + reader.line_num
        at = begins + 1
        while at < ends and lines[at].count(separator) < least:
            at += 1


def _header_problems(cells: Sequence[str], line: int) -> list[Problem]:
    """Return the one thing that may be wrong with the names of the columns."""
    names = [cell.casefold() for cell in cells]
    unknown = [f"'{shown(cell)}'" for cell in cells if cell and cell.casefold() not in COLUMNS]
    missing = [f"'{key}'" for key in NEEDED if key not in names]
    mistakes = [
        f"{', '.join(which)} {'is' if len(which) == 1 else 'are'} {what}"
        for which, what in ((unknown, "not known"), (missing, "missing"))
        if which
    ]
    needed, others = ", ".join(NEEDED), ", ".join(sorted({*COLUMNS} - {*NEEDED}))
    why = f"line {line}: the columns must be called {needed}, and may be {others}: "
    return [(line, f"{why}{', and '.join(mistakes)}.")] if mistakes else []


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8 or, as Excel's 'Unicode text', in UTF-16.

    Raises:
        UnicodeDecodeError: it is in another encoding, and nothing tells in which.
        OSError: it can't be read.
    """
    return text_in(path.read_bytes())


def text_in(content: bytes) -> str:
    """Return the text of a file's content, in UTF-8 or UTF-16.

    Raises:
        UnicodeDecodeError: it is in another encoding, and nothing tells in which.
    """
    return content.decode(encoding_of(content)).removeprefix("\ufeff")


def _without_separator_line(text: str) -> tuple[str, str, int]:
    """Return a table without a line ``sep=;`` at its top, its separator, and the lines taken off.

    Excel reads the separator from such a line, and some programs write it for Excel.
    """
    first, _, rest = text.partition("\n")
    line = first.strip().strip('"')
    if line.startswith("sep=") and len(line) == 5:
        return rest, line[4], 1
    return text, delimiter(text.lstrip()), 0
