"""Widen the slice of a class, where the first one isn't enough.

The first slice is what reading tells. Where something is lost with it, more of the notebook is
executed, step by step, with made-up data and without training.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from grader.submission.extract import cut_slice
from grader.submission.program import Program, Statement
from grader.submission.slicer import ALL_BEFORE, WITH_DOUBTFUL
from grader.submission.slices import Slice
from grader.submission.syntax import DEFINITIONS, IMPORTS, calls, root

_HARMLESS = frozenset(["manual_seed", "seed", "print", "display", "filterwarnings", "set"])


def wider(code: Slice) -> Iterator[Slice]:
    """Yield slices that hold more than ``code`` and than each other, if that may matter."""
    held = code.statements
    for width in (WITH_DOUBTFUL, ALL_BEFORE):
        more = cut_slice(code.program, code.definition, width)
        new = more.statements - held
        if any(may_matter(code.program, code.program.statements[index]) for index in new) or (
            new and width == WITH_DOUBTFUL
        ):
            held = more.statements
            others = (note for note in code.notes if note not in code.lacking)
            yield replace(more, notes=(*others, _note(code, more), *more.notes))


def may_matter(program: Program, statement: Statement) -> bool:
    """Tell whether executing a statement may do more than bind names that nobody needs."""
    node = statement.node
    decorators = getattr(node, "decorator_list", ())
    if any(root(decorator) in program.binders for decorator in decorators):
        return True
    if isinstance(node, (*DEFINITIONS, *IMPORTS, ast.Pass)):
        return isinstance(node, ast.ImportFrom) and statement.names.star
    if statement.index in program.data:
        return False
    if "_magic('capture'" in program.sources[statement.cell]:
        return True  # what it prints may be read
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and statement.names.binds:
        return any(root(call) in program.binders for call in calls(node))
    match node:
        case ast.Expr(value=ast.Constant()):
            return False
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name))):
            return name not in _HARMLESS
    return True


def _note(code: Slice, more: Slice) -> str:
    """Say which cells ``more`` has beside those of ``code``."""
    cells = sorted({code.program.statements[i].cell for i in more.statements - code.statements})
    numbers = ", ".join(map(str, cells))
    return (
        f"The class needs more than its cell tells: code of cell{'s' * (len(cells) > 1)} {numbers} "
        "was executed with it, on made-up data and without training."
    )
