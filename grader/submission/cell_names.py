"""What cells are called for a person, who sees no numbers but those of their execution."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from grader.submission.cells import Cell, Notebook
from grader.untrusted_text import clean

_MOST = 40
_DEFINITION = re.compile(r"(class|def) \w+")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def cell_names(notebook: Notebook) -> dict[int, str]:
    """Return the names of cells by their numbers; text cells have names only if they hold code.

    A cell that was executed is called by its count in brackets, as Jupyter shows it beside the
    cell, and any other by what stands at its beginning.
    """
    code = [cell for cell in notebook.cells if cell.kind == "code" or "class " in cell.source]
    cells = [cell for cell in code if cell.source.strip()]
    counts = Counter(cell.execution_count for cell in cells)
    names: dict[int, str] = {}
    by_start: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_start[_start(cell)].append(cell)
        if cell.execution_count is not None and counts[cell.execution_count] == 1:
            names[cell.number] = f"cell [{cell.execution_count}]"
    for start, alike in by_start.items():
        for place, cell in enumerate(alike):
            which = f"{_ordinal(place)} " if len(alike) > 1 else ""
            names.setdefault(cell.number, f"the {which}cell that starts with `{start}`")
    return names


def _start(cell: Cell) -> str:
    """Return the beginning of a cell's first line that is not blank."""
    line = clean(cell.source.strip().split("\n")[0], 1000).replace("`", "'").strip()
    definition = _DEFINITION.match(line)
    if definition:
        return definition[0]
    return line if len(line) <= _MOST else line[: _MOST - 2].rstrip() + " …"


def _ordinal(place: int) -> str:
    return _ORDINALS[place] if place < len(_ORDINALS) else f"{place + 1}th"
