"""What a function or class body binds in its own scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from grader.submission.syntax import COMPREHENSIONS, imported


def arguments_of(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Yield all parameters of a function."""
    yield from arguments.posonlyargs
    yield from arguments.args
    yield from arguments.kwonlyargs
    if arguments.vararg:
        yield arguments.vararg
    if arguments.kwarg:
        yield arguments.kwarg


def locals_of(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Return the names that are local to a function: its parameters, and what its body binds."""
    bound, declared_global, elsewhere = bindings_of(body_of(function))
    parameters = {argument.arg for argument in arguments_of(function.args)}
    return (bound | parameters) - declared_global - elsewhere


def body_of(
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
) -> Sequence[ast.stmt] | Sequence[ast.expr]:
    """Return what runs when a function is called."""
    return [function.body] if isinstance(function, ast.Lambda) else function.body


def bindings_of(body: Sequence[ast.AST]) -> tuple[set[str], set[str], set[str]]:
    """Return what a body binds, what it declares ``global`` and what ``nonlocal``."""
    bound: set[str] = set()
    declared_global: set[str] = set()
    elsewhere: set[str] = set()
    waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in body]
    while waiting:
        node, in_comprehension = waiting.pop()
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                bound.add(name)
                continue
            case ast.Lambda():
                continue
            case ast.Global(names=names):
                declared_global.update(names)
            case ast.Nonlocal(names=names):
                elsewhere.update(names)
            case ast.NamedExpr(target=ast.Name(id=name)):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if not in_comprehension:
                bound.add(name)
            case ast.Import() | ast.ImportFrom():
                bound.update(name for name, _ in imported(node))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                bound.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                bound.add(name)
        inside = in_comprehension or isinstance(node, COMPREHENSIONS)
        waiting.extend((child, inside) for child in ast.iter_child_nodes(node))
    return bound, declared_global, elsewhere
