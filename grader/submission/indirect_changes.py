"""Find statements that may change the class, or what it uses, in ways that names don't tell."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

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
    return [
        statement.index
        for statement in program.statements[:end]
        if statement.index not in program.data
        and (_hands_class_over(program, statement) or _calls_what_changes_class(program, statement))
        and not trains(program, statement)
    ]


def _hands_class_over(program: Program, statement: Statement) -> bool:
    """Tell whether a statement is such as ``add_methods(Net)``."""
    if program.class_name not in statement.names.immediate:
        return False
    given_class = {
        name
        for call in calls(statement.node)
        if (name := root(call)) and program.class_name in names_in(*arguments(call))
    }
    reaching = (i for name in given_class for i in program.reaching(name, statement.index))
    return any(_sets_attributes(program.statements[i].node) for i in reaching)


def _calls_what_changes_class(program: Program, statement: Statement) -> bool:
    """Tell whether a statement is such as ``@patch def f`` or ``patch(f)``.

    ``patch`` is a function, or an instance of a class, whose body says ``setattr(Net, ...)``.
    """
    called = {root(call) for call in calls(statement.node)}
    called |= {root(decorator) for decorator in getattr(statement.node, "decorator_list", ())}
    name = program.class_name
    return any(
        name in code.names.deferred
        and name in changes_of(code.node, name, deferred=True).attributes
        for code in _code_of(program, filter(None, called), statement.index)
    )


def _code_of(program: Program, names: Iterable[str], before: int) -> Iterator[Statement]:
    """Yield the definitions that names stand for, and those of what they are instances of."""
    for name in names:
        for index in program.reaching(name, before):
            statement = program.statements[index]
            yield statement
            match statement.node:
                case ast.Assign(value=ast.Call(func=ast.Name(id=maker))):
                    yield from map(program.statements.__getitem__, program.reaching(maker, index))


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
