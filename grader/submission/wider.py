"""Cut the slice of a class otherwise, where the first one isn't enough.

The first slice is what reading tells. Where something is lost with it, the class is taken as it was
when the notebook trained it, without what later cells change; then more of the notebook is
executed, step by step, with made-up data and without training.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import replace

from grader.protocol.jobs import ALL_BEFORE, AS_TRAINED, WITH_DOUBTFUL
from grader.submission.program import Program, Statement
from grader.submission.slice_cutting import cut_slice
from grader.submission.slices import Slice
from grader.submission.syntax import DEFINITIONS, IMPORTS, calls, root

_HARMLESS = frozenset(["manual_seed", "seed", "print", "display", "filterwarnings", "set"])


def wider(code: Slice) -> Iterator[Slice]:
    """Yield the slice as it was trained, then such as hold more and more, if that may matter."""
    held = code.statements
    others = tuple(note for note in code.notes if note not in code.lacking)
    trained = cut_slice(code.program, code.definition, AS_TRAINED)
    if trained.statements != held:
        yield replace(trained, notes=(*others, _later_note(code, trained), *trained.notes))
    for width in (WITH_DOUBTFUL, ALL_BEFORE):
        more = cut_slice(code.program, code.definition, width)
        new = more.statements - held
        if any(may_matter(code.program, code.program.statements[index]) for index in new) or (
            new and width == WITH_DOUBTFUL
        ):
            held = more.statements
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


def _later_note(code: Slice, trained: Slice) -> str:
    """Say which cells ``trained`` lacks, that change the class after its training."""
    return (
        "The class was graded as it is when the notebook trains it: what code of "
        f"{_cells(code.program, code.statements - trained.statements)} changes later was left out."
    )


def _note(code: Slice, more: Slice) -> str:
    """Say which cells ``more`` has beside those of ``code``."""
    cells = _cells(code.program, more.statements - code.statements)
    return (
        f"The class needs more than its cell tells: code of {cells} was executed with it, on "
        "made-up data and without training."
    )


def _cells(program: Program, statements: Collection[int]) -> str:
    """Return the cells of statements in words."""
    numbers = sorted({program.statements[index].cell for index in statements})
    return f"cell{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"
