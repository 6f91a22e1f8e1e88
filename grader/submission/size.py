"""How much code a notebook may hold before parts of it are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from grader.submission.cells import Cell

MAX_CODE = 200_000
MAX_TEXT = 2_000_000
"""Characters that are read at most: of code, and with all texts and comments in it."""

_EXEC = re.compile(r"\bexec\b")
# What isn't closed goes on to the end, so that no text is gone through twice.
_LITERAL = re.compile(
    r'"""(?:[^\\"]|\\.|"(?!""))*(?:""")?'
    r"|'''(?:[^\\']|\\.|'(?!''))*(?:''')?"
    r'|"(?:[^\\"\n]|\\.)*"?'
    r"|'(?:[^\\'\n]|\\.)*'?"
    r"|#[^\n]*",
    re.DOTALL,
)


@cache
def class_line(name: str) -> re.Pattern[str]:
    """Return the pattern of the line where a class of that name begins."""
    return re.compile(rf"^[ \t]*class[ \t]+{name}\b", re.MULTILINE)


def split_by_size(
    cells: Iterable[Cell], class_name: str
) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Return the cells that are read, and those that hold too much.

    A log that was pasted into a text or a comment is no code. Where there is still too much, the
    longest cells that don't define the class are left out first, and all others last.
    """
    kept = list(cells)
    if sum(len(cell.source) for cell in kept) <= MAX_CODE:
        return tuple(kept), ()
    # A text that is executed is code, too.
    measure = len if any(_EXEC.search(cell.source) for cell in kept) else _code_length
    code = {cell.number: measure(cell.source) for cell in kept}
    defines = class_line(class_name).search
    by_need = sorted(kept, key=lambda cell: (not defines(cell.source), len(cell.source)))
    while by_need and (
        sum(code[cell.number] for cell in by_need) > MAX_CODE
        or sum(len(cell.source) for cell in by_need) > MAX_TEXT
    ):
        by_need.pop()
    read = {cell.number for cell in by_need}
    return (
        tuple(cell for cell in kept if cell.number in read),
        tuple(cell for cell in kept if cell.number not in read),
    )


def _code_length(source: str) -> int:
    """Return the characters without texts and comments, as far as a look at quotes tells."""
    if len(source) > MAX_TEXT:
        return len(source)
    return len(source) - sum(len(match.group()) for match in _LITERAL.finditer(source))
