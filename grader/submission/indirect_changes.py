"""Find statements that may change the class, or what it uses, in ways that names don't tell."""

from __future__ import annotations

import ast
from collections.abc import Collection

from grader.submission.definitions import makes_model, trains
from grader.submission.program import Program, Statement
from grader.submission.syntax import DEFINITIONS, IMPORTS, arguments, calls, names_in, root

_SHOWING = frozenset(["print", "display", "help"])
_OPAQUE = frozenset(["exec", "eval", "execfile", "globals", "locals", "vars", "get_ipython"])


def _sets_attributes(statement: ast.stmt) -> bool:
    """Tell whether a function, or the methods of a class, set attributes of something."""
    return any(
        isinstance(node.ctx, ast.Store)
        if isinstance(node, ast.Attribute)
        else isinstance(node, ast.Name) and node.id == "setattr"
        for node in ast.walk(statement)
    )


def statements_that_change(program: Program, end: int) -> list[int]:
    """Return the statements before ``end`` that hand the class to what sets attributes."""
    changing = []
    for statement in program.statements[:end]:
        if program.class_name not in statement.names.immediate or statement.index in program.data:
            continue
        given_class = {
            name
            for call in calls(statement.node)
            if (name := root(call)) and program.class_name in names_in(*arguments(call))
        }
        reaching = (i for name in given_class for i in program.reaching(name, statement.index))
        if any(_sets_attributes(program.statements[i].node) for i in reaching) and not trains(
            program, statement
        ):
            changing.append(statement.index)
    return changing


def may_change(program: Program, statement: Statement, names: Collection[str]) -> bool:
    """Tell whether a statement may change what the names stand for, or bind some unseen."""
    node = statement.node
    if isinstance(node, (*DEFINITIONS, *IMPORTS, ast.Pass, ast.Assert)) or makes_model(
        program, statement
    ):
        return False
    if isinstance(node, ast.Expr) and root(node.value) in _SHOWING:
        return False
    is_opaque = not _OPAQUE.isdisjoint(map(root, calls(node)))
    return is_opaque or not statement.names.immediate.isdisjoint(names)
