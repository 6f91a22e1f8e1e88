"""Runs a single statement of a notebook as a kernel would."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from copy import copy
from typing import Any

from grader.candidate.patches import questions
from grader.candidate.patches.idle_modules import tolerating_missing

Run = Callable[[dict[str, Any]], Any]
"""Executes a statement in a namespace, and returns the value of an expression that is shown."""


def runs_of(statement: ast.stmt, name: str, flags: int, shown: bool = False) -> Run:
    """Return what executes a statement of the cell called ``name``; ``await`` may stand in it.

    ``shown`` is for an expression that a kernel shows the value of. An import that fails costs no
    other import of the same statement. What it would have bound, had its questions been answered,
    stands for that.
    """
    code = _compiled(statement, name, flags, shown)
    parts = [_compiled(part, name, flags) for part in _parts(statement)]

    def run(namespace: dict[str, Any]) -> Any:
        before = questions.asked()
        try:
            return tolerating_missing(lambda: _execute(code, namespace))
        except ImportError:
            if not parts:
                raise
            return _execute_each(parts, namespace)
        except Exception:
            if questions.asked() > before:
                for name in _bound(statement):
                    namespace.setdefault(name, questions.Unanswered())
            raise

    return run


def _bound(statement: ast.stmt) -> set[str]:
    """Return the variables that a statement may bind."""
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def _compiled(statement: ast.stmt, name: str, flags: int, shown: bool = False) -> Any:
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    if shown and isinstance(statement, ast.Expr):
        return compile(ast.Expression(statement.value), name, "eval", flags, dont_inherit=True)
    return compile(ast.Module([statement], []), name, "exec", flags, dont_inherit=True)


def _parts(statement: ast.stmt) -> list[ast.stmt]:
    """Return the imports of a statement, one by one, if there are several."""
    if not isinstance(statement, (ast.Import, ast.ImportFrom)) or len(statement.names) < 2:
        return []
    parts: list[ast.stmt] = []
    for alias in statement.names:
        part = copy(statement)
        part.names = [alias]
        parts.append(part)
    return parts


def _execute_each(parts: list[Any], namespace: dict[str, Any]) -> None:
    failure: ImportError | None = None
    for code in parts:
        try:
            _execute(code, namespace)
        except ImportError as error:
            failure = error
    if failure is not None:
        raise failure


def _execute(code: Any, namespace: dict[str, Any]) -> Any:
    result = eval(code, namespace)
    if not code.co_flags & inspect.CO_COROUTINE:
        return result
    import asyncio

    return asyncio.run(result)
