"""Read what a notebook imports from its own files as if it stood in the notebook.

The statements of a module are put before the statement that first imports it. In a candidate they
are executed among those of the notebook, and the module is another name for ``__main__``.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import replace

from grader.submission.scopes import Names


def without_import(node: ast.stmt, modules: Collection[str]) -> ast.stmt:
    """Return an import of the notebook's own modules as statements about its names.

    ``import a as b`` binds ``b`` to all there is, ``from a import f as g`` is ``g = f``, and
    ``from a import f`` has nothing left to do.
    """
    match node:
        case ast.Import(names=aliases) if all(alias.name in modules for alias in aliases):
            every = ast.Call(ast.Name("globals", ast.Load()), [], [])
            targets = [alias.asname or alias.name.partition(".")[0] for alias in aliases]
            made: ast.stmt = ast.Assign([_name(target, ast.Store()) for target in targets], every)
        case ast.ImportFrom(module=str(module), names=aliases) if module in modules:
            pairs = [(a.asname, a.name) for a in aliases if a.asname not in (None, a.name)]
            if not pairs:
                return ast.copy_location(ast.Pass(), node)
            made = ast.Assign(
                [ast.Tuple([_name(str(new), ast.Store()) for new, _ in pairs], ast.Store())],
                ast.Tuple([_name(old, ast.Load()) for _, old in pairs], ast.Load()),
            )
        case _:
            return node
    return ast.fix_missing_locations(ast.copy_location(made, node))


def with_bound_names(names: Names, node: ast.stmt, bound: Collection[str]) -> Names:
    """Return the names of a statement that imports own modules, with what those bind."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        whole = isinstance(node, ast.Import)
        return replace(names, immediate=names.immediate.union(bound)) if whole else names
    return replace(names, deferred=names.deferred.union(bound))


def is_all_globals(node: ast.AST) -> bool:
    """Tell whether a value is what `without_import` binds a module's name to."""
    match node:
        case ast.Call(func=ast.Name(id="globals"), args=[]):
            return True
    return False


def _name(name: str, context: ast.expr_context) -> ast.Name:
    return ast.Name(name, context)
