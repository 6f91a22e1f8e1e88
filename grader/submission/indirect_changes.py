"""Find statements that may change the class, or what it uses, in ways that names don't tell."""

from __future__ import annotations

import ast
from collections.abc import Collection

from grader.submission.changes import changes_of
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
    """Return the statements before ``end`` that have a function set attributes of the class.

    The class is handed to it, or it names the class itself.
    """
    changing = _names_of_changers(program)
    return [
        statement.index
        for statement in program.statements[:end]
        if statement.index not in program.data
        and (_hands_class_over(program, statement) or not changing.isdisjoint(_called(statement)))
        and not trains(program, statement)
    ]


def _hands_class_over(program: Program, statement: Statement) -> bool:
    """Tell whether a statement is such as ``add_methods(Net)``."""
    if program.classes.isdisjoint(statement.names.immediate):
        return False
    given_class = {
        name
        for call in calls(statement.node)
        if (name := root(call)) and not program.classes.isdisjoint(names_in(*arguments(call)))
    }
    reaching = (i for name in given_class for i in program.reaching(name, statement.index))
    return any(_sets_attributes(program.statements[i].node) for i in reaching)


def _called(statement: Statement) -> set[str | None]:
    """Return the names of what a statement calls, or decorates a function with."""
    decorators = getattr(statement.node, "decorator_list", ())
    return {*map(root, calls(statement.node)), *map(root, decorators)}


def _names_of_changers(program: Program) -> set[str]:
    """Return the names of functions that say ``setattr(Net, ...)``, or of what has such methods.

    Such is ``patch`` of ``@patch def f`` and ``patch(f)``.
    """
    name, changers = program.class_name, set[str]()
    for statement in program.statements:
        match statement.node:
            case ast.Assign(value=ast.Call(func=ast.Name(id=maker))) if maker in changers:
                changers |= statement.names.binds
        names_class = name in statement.names.deferred and name not in statement.names.binds
        if names_class and name in changes_of(statement.node, name, deferred=True).attributes:
            changers |= statement.names.binds
    return changers


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
