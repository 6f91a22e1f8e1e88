"""Imports that the class needs and the notebook has too late, or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from grader.submission.module_names import plain
from grader.submission.program import Program
from grader.submission.syntax import IMPORTS, imported
from grader.submission.template import own_template


def missing_import(program: Program, name: str, position: int) -> tuple[str, int | None] | None:
    """Return an import of a name that nothing binds by a position, and the cell that says it.

    The cell is below, or None for what the template's first says. None if neither does.
    """
    module, own = name.rpartition(".")[0], plain(name)
    for index in program.binders.get(name, ()):
        statement = program.statements[index]
        if index >= position and (line := _line_of(statement.node, own)):
            return line, statement.cell
    for index in program.binders.get(own, ()) if module else ():
        if line := _line_of(program.statements[index].node, own):
            return line, None
    name = own
    if name in program.assignment.data_modules:
        return None
    for statement in own_template(program.assignment).program.statements:
        if line := _line_of(statement.node, name):
            return line, None
    return None


def import_notes(cell_by_import: Mapping[tuple[str, str], int | None]) -> Iterator[str]:
    """Yield notes on imports that the class was graded with, by modules and lines."""
    places = {(module, cell) for (module, _), cell in cell_by_import.items()}
    for module, cell in sorted(places, key=lambda place: (place[0], place[1] or 0)):
        lines = " and ".join(
            f"`{line}`"
            for (where, line), at in cell_by_import.items()
            if (where, at) == (module, cell)
        )
        if module:
            yield (
                f"The class was graded with {lines}, which the module {module} lacks where it "
                "needs it. Put that at its top, for a kernel that runs all cells stops without it."
            )
        elif cell is None:
            yield (
                f"The class was graded with {lines}, which the given first cell says and no cell "
                "of this notebook that Python can read. Put that back, for a kernel that runs all "
                "cells stops without it."
            )
        else:
            yield (
                f"The class was graded with {lines}, which cell {cell} says below it. Move that "
                "up, for a kernel that runs all cells stops at the class."
            )


def _line_of(node: ast.stmt, name: str) -> str | None:
    """Return an import of one name alone, as it is written; None if the statement is none of it."""
    node = getattr(node, "written", node)
    if not isinstance(node, IMPORTS):
        return None
    for alias, (bound, _) in zip(node.names, imported(node), strict=True):
        if bound == name:
            if isinstance(node, ast.Import):
                return ast.unparse(ast.Import([alias]))
            return ast.unparse(ast.ImportFrom(node.module, [alias], node.level))
    return None
