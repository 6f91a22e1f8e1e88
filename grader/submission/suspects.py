"""Statements that may change the class, or what it uses, in ways that names don't tell."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from grader.submission.choice import makes_model
from grader.submission.program import Statement
from grader.submission.syntax import executed, root
from grader.vae import spec

_SHOWING = frozenset(["print", "display", "help"])
_OPAQUE = frozenset(["exec", "eval", "execfile", "globals", "locals", "vars", "get_ipython"])
_COLLECTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def functions_given_class(statement: ast.stmt) -> Iterator[str]:
    """The functions that a statement calls with the class."""
    for node in executed(statement):
        if isinstance(node, ast.Call):
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                inside = (n.id for n in ast.walk(argument) if isinstance(n, ast.Name))
                name = root(node)
                if name is not None and spec.CLASS_NAME in inside:
                    yield name


def sets_attributes(statement: ast.stmt) -> bool:
    """Whether a function, or the methods of a class, set attributes of something."""
    return any(
        isinstance(node.ctx, ast.Store)
        if isinstance(node, ast.Attribute)
        else isinstance(node, ast.Name) and node.id == "setattr"
        for node in ast.walk(statement)
    )


def may_change(statement: Statement, names: Collection[str]) -> bool:
    """Whether a statement may change what the names stand for, or bind some behind one's back."""
    node = statement.node
    if isinstance(node, (*_COLLECTED, ast.Pass, ast.Assert)) or makes_model(statement):
        return False
    if isinstance(node, ast.Expr) and root(node.value) in _SHOWING:
        return False
    called = {root(n.func) for n in executed(node) if isinstance(n, ast.Call)}
    return not _OPAQUE.isdisjoint(called) or not statement.names.immediate.isdisjoint(names)
