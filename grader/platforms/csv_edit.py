"""The cells of a CSV with their places in the text, so that some can change and the rest can't."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A cell: ``text[start:end]`` of the file, quotes included, and its value without them."""

    start: int
    end: int
    value: str
    quoted: bool


def delimiter(text: str) -> str:
    """Return what separates cells: comma, semicolon or tab, whatever the first line has most of."""
    line = text.split("\n", 1)[0]
    return max(",;\t", key=line.count)


def rows(text: str, separator: str) -> list[list[Field]]:
    """Return the rows of a CSV (RFC 4180) that aren't blank, with any line ends.

    Raises:
        ValueError: a quote is never closed.
    """
    other = f"[^{separator}\r\n]*"
    quoted = f'"[^"]*(?:""[^"]*)*"(?!"){other}'
    cell = re.compile(f'({quoted}|(?!"){other})({separator}|\r\n|\r|\n|\\Z)')
    table: list[list[Field]] = []
    row: list[Field] = []
    at = 0
    while at < len(text) or row:
        match = cell.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise ValueError(f"the quote that opens in line {line} is never closed")
        raw, end = match.groups()
        is_quoted = raw.startswith('"')
        value = raw[1:].rstrip()[:-1].replace('""', '"') if is_quoted else raw
        row.append(Field(at, at + len(raw), value, is_quoted))
        at = match.end()
        if end != separator:
            if len(row) > 1 or raw:
                table.append(row)
            row = []
    return table


def written(value: str, separator: str, like: Field) -> str:
    """Return a value as the file has cells: quoted if it must be, or if the old one was."""
    needs = any(character in value for character in (separator, '"', "\n", "\r", " "))
    if like.quoted or needs:
        escaped = value.replace('"', '""')
        return f'"{escaped}"'
    return value


def replaced(text: str, changes: Sequence[tuple[Field, str]]) -> str:
    """Return the text with some cells filled anew, and every other character as it was."""
    parts, at = [], 0
    for field, new in sorted(changes, key=lambda change: change[0].start):
        parts += [text[at : field.start], new]
        at = field.end
    return "".join((*parts, text[at:]))
