"""Names that a kernel binds by itself, such as the values of the last expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice

from grader.submission.program import Program

FROM_KERNEL = frozenset(
    [
        "__name__",
        "__file__",
        "__doc__",
        "__builtins__",
        "__class__",
        "display",
        "exit",
        "get_ipython",
        "quit",
        "In",
        "Out",
        "_",
        "__",
        "___",
        "_i",
        "_ii",
        "_iii",
    ]
)
LAST_VALUES = ("_", "__", "___")


def shown_before(program: Program, position: int, count: int) -> Iterator[int]:
    """Yield the last expressions before a position that a kernel shows, as ``_`` and ``__``."""
    shown = (
        index
        for index in reversed(range(position))
        if (index + 1 == program.end or program.statements[index + 1].place == 0)
        and isinstance(node := program.statements[index].node, ast.Expr)
        and not _shows_nothing(node)
    )
    return islice(shown, count)


def _shows_nothing(node: ast.Expr) -> bool:
    """Tell whether the value of an expression is surely None, which a kernel doesn't keep."""
    match node.value:
        case ast.Call(func=ast.Name(id="print" | "display")):
            return True
        case ast.Call(func=ast.Attribute(attr="run_line_magic" | "run_cell_magic")):
            return True
    return isinstance(node.value, ast.Constant) and node.value.value is None
