"""Statements that may change the class, or what it uses, in ways that names don't tell."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from grader.submission.choice import makes_model, trains
from grader.submission.program import Program, Statement
from grader.submission.syntax import DEFINITIONS, IMPORTS, executed, root

_SHOWING = frozenset(["print", "display", "help"])
_OPAQUE = frozenset(["exec", "eval", "execfile", "globals", "locals", "vars", "get_ipython"])


def _functions_given_class(statement: ast.stmt, class_name: str) -> Iterator[str]:
    """Yield the functions that a statement calls with the class."""
    for node in executed(statement):
        if isinstance(node, ast.Call):
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                inside = (n.id for n in ast.walk(argument) if isinstance(n, ast.Name))
                name = root(node)
                if name is not None and class_name in inside:
                    yield name


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
    givers = []
    for statement in program.statements[:end]:
        if program.class_name not in statement.names.immediate:
            continue
        called = set(_functions_given_class(statement.node, program.class_name))
        if not called or statement.index in program.data:
            continue
        reaching = (i for name in called for i in program.reaching(name, statement.index))
        changing = any(_sets_attributes(program.statements[i].node) for i in reaching)
        if changing and not trains(program, statement):
            givers.append(statement.index)
    return givers


def may_change(program: Program, statement: Statement, names: Collection[str]) -> bool:
    """Tell whether a statement may change what the names stand for, or bind some unseen."""
    node = statement.node
    if isinstance(node, (*DEFINITIONS, *IMPORTS, ast.Pass, ast.Assert)) or makes_model(
        program, statement
    ):
        return False
    if isinstance(node, ast.Expr) and root(node.value) in _SHOWING:
        return False
    called = {root(n.func) for n in executed(node) if isinstance(n, ast.Call)}
    return not _OPAQUE.isdisjoint(called) or not statement.names.immediate.isdisjoint(names)
