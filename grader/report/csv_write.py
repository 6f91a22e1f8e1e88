"""Cells of tables that a spreadsheet opens: text never becomes a formula, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from itertools import chain

from grader.untrusted_text import clean

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the start of a formula (OWASP, 'CSV Injection'), wide forms too."""

MAX_CELL = 30_000
"""Excel takes 32,767 characters in a cell."""

Cell = str | float | int | None


def text_cell(text: str) -> str:
    """Return text that is shown as it is: an apostrophe stops what looks like a formula."""
    text = clean(text, MAX_CELL)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_FORMULA) else text


def points_cell(points: float | None) -> float | int | None:
    """Return points to two decimals, whole ones as an integer; None makes an empty cell."""
    if points is None:
        return None
    rounded = round(points, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def time_cell(moment: datetime | None) -> str:
    """Return a moment in UTC as spreadsheets and nbgrader read it; "" if it isn't known."""
    if moment is None:
        return ""
    return str(moment.astimezone(timezone.utc).replace(tzinfo=None))


def to_csv(header: Sequence[str], rows: Iterable[Iterable[Cell]], bom: bool = False) -> bytes:
    """Return a CSV in UTF-8 with CRLF line ends (RFC 4180); text is guarded, numbers are not.

    Args:
        bom: write a byte order mark, without which Excel takes UTF-8 for something else.
    """
    return b"".join(csv_lines(header, rows, bom))


def csv_lines(
    header: Sequence[str], rows: Iterable[Iterable[Cell]], bom: bool = False
) -> Iterator[bytes]:
    """Yield a CSV line by line, as `to_csv` returns it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    encoding = "utf-8-sig" if bom else "utf-8"
    for row in chain((header,), rows):
        writer.writerow([text_cell(cell) if isinstance(cell, str) else cell for cell in row])
        yield text.getvalue().encode(encoding)
        text.seek(0)
        text.truncate()
        encoding = "utf-8"
