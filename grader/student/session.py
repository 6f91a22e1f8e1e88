"""What a running kernel holds of a notebook: its executed cells, and which of them made a class.

The cells are those of IPython's history, so no file is needed, and edits that were not saved are
there as soon as their cell has run.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

from grader.submission import Cell, Notebook
from grader.submission.magics import to_python
from grader.submission.syntax import parsed


@dataclass(frozen=True)
class Session:
    """The executed cells that count, and what is told of the class in them.

    Attributes:
        notebook: the cells under their numbers ``In [n]``.
        made_in: number of the cell that made the class; None if that isn't known.
        passed_over: numbers of later cells that define the class, but not the one in the kernel.
    """

    notebook: Notebook
    made_in: int | None = None
    passed_over: tuple[int, ...] = ()


def read_session(kind: type) -> Session | None:
    """Return the session that a class lives in; None outside IPython."""
    cells = _history()
    if not cells:
        return None
    trees = {n: _tree(source) for n, source in enumerate(cells) if n}
    made_in = _cell_of(kind)
    passed_over = tuple(
        number
        for number, tree in trees.items()
        if tree and made_in and number > made_in and _defines(tree, kind.__name__)
    )
    digest = hashlib.sha256("\0".join(cells).encode("utf-8", "replace")).hexdigest()
    kept = tuple(
        Cell(number, "code", cells[number], number)
        for number, tree in trees.items()
        if tree and number not in passed_over
    )
    return Session(Notebook(Path("kernel"), digest, kept), made_in, passed_over)


def file_of(kind: type) -> Path | None:
    """Return the file that the class was written in, if it was a file."""
    for function in _functions(kind):
        path = Path(function.__code__.co_filename)
        # A kernel with a debugger keeps each cell in a temporary file.
        if path.is_file() and not path.parent.name.startswith("ipykernel_"):
            return path
    return None


def _history(as_typed: bool = True) -> Sequence[str]:
    """Return the cells that IPython executed in this session; none outside IPython.

    They are as typed, or as executed, with calls in place of magics. The first stands for no cell.
    """
    if "IPython" not in sys.modules:
        return ()
    from IPython.core.getipython import get_ipython

    history = getattr(get_ipython(), "history_manager", None)
    if history is None:
        return ()
    return list(history.input_hist_raw if as_typed else history.input_hist_parsed)


def _cell_of(kind: type) -> int | None:
    """Return the number of the cell whose code is that of the functions in the class's body.

    Of cells with the very same code it is the last.
    """
    inside = f"{kind.__qualname__}."
    cells = _history(as_typed=False)
    for function in _functions(kind):
        if function.__qualname__.startswith(inside):
            code = "".join(linecache.getlines(function.__code__.co_filename)).splitlines()
            for number in range(len(cells) - 1, 0, -1):
                if code and cells[number].splitlines() == code:
                    return number
    return None


def _functions(kind: type) -> Iterator[FunctionType]:
    return (value for value in vars(kind).values() if isinstance(value, FunctionType))


def _tree(source: str) -> ast.Module | None:
    """Return the syntax tree of a cell; None where the kernel refused it."""
    try:
        return parsed(to_python(source))
    except RecursionError:
        return None


def _defines(tree: ast.Module, name: str) -> bool:
    return any(isinstance(node, ast.ClassDef) and node.name == name for node in ast.walk(tree))
