"""The cells of a CSV with their places in the text, so that some can change and the rest can't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    table: list[list[Field]] = []
    row: list[Field] = []
    for field, is_last in _fields(text, separator):
        row.append(field)
        if is_last:
            if len(row) > 1 or row[0].start < row[0].end:
                table.append(row)
            row = []
    return table


def _fields(text: str, separator: str) -> Iterator[tuple[Field, bool]]:
    at = 0
    while at < len(text):
        start, quoted = at, text[at] == '"'
        if quoted:
            at = _closing_quote(text, at) + 1
        while at < len(text) and text[at] not in (separator, "\r", "\n"):
            at += 1
        raw = text[start:at]
        value = raw[1:].rstrip()[:-1].replace('""', '"') if quoted else raw
        is_last = at == len(text) or text[at] != separator
        yield Field(start, at, value, quoted), is_last
        at += 2 if text[at : at + 2] == "\r\n" else 1
        if at == len(text) and not is_last:
            yield Field(at, at, "", False), True


def _closing_quote(text: str, at: int) -> int:
    """Return where the quoted cell that opens at ``at`` closes, which no doubled quote does."""
    line = text.count("\n", 0, at) + 1
    while True:
        at = text.find('"', at + 1)
        if at < 0:
            raise ValueError(f"the quote that opens in line {line} is never closed")
        if text[at + 1 : at + 2] != '"':
            return at
        at += 1


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
