"""Imports that the class needs and the notebook has too late, or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.submission.module_names import plain
from grader.submission.program import Program, Statement
from grader.submission.syntax import IMPORTS, executed, imported
from grader.submission.template import own_template


@dataclass(frozen=True)
class MissingImport:
    """An import that is put in front of all cells.

    Attributes:
        line: as it is written.
        cell: the one below that says it, None where the template's first does.
        unless: a star import that may bind the same all the same, in words; it is executed later.
    """

    line: str
    cell: int | None
    unless: str | None = None


def missing_import(
    program: Program, name: str, position: int, stars: Sequence[int], late: bool
) -> MissingImport | None:
    """Return an import of a name that nothing binds by a position, but perhaps star imports.

    None if no cell below says one, and the template doesn't either. What is needed before functions
    run, unless ``late``, may be given by a star import below.
    """
    statements = program.statements
    unless = _star_in_words(statements[stars[-1]]) if stars else None
    module, own = name.rpartition(".")[0], plain(name)
    for index in program.binders.get(name, ()):
        if index >= position and (line := _line_of(statements[index].node, own)):
            return MissingImport(line, statements[index].cell, unless)
    for index in program.binders.get(own, ()) if module else ():
        if line := _line_of(statements[index].node, own):
            return MissingImport(line, None, unless)
    data_modules = program.assignment.data_modules
    if own in data_modules:
        return None
    for statement in own_template(program.assignment).program.statements:
        if line := _line_of(statement.node, own):
            return MissingImport(line, None, unless)
    for index in () if late else program.stars:
        node = _star_of(statements[index])
        in_module = statements[index].module == module
        if (
            index >= position
            and in_module
            and (node.module or "").partition(".")[0] not in data_modules
        ):
            return MissingImport(ast.unparse(node), statements[index].cell, unless)
    return None


def import_notes(missing: Mapping[tuple[str, str], MissingImport]) -> Iterator[str]:
    """Yield notes on imports that the class was graded with, by modules and lines."""
    lines_by_place: dict[tuple[str, int, str], list[str]] = {}
    for (module, line), part in missing.items():
        place = module, part.cell or 0, part.unless or ""
        lines_by_place.setdefault(place, []).append(line)
    for (module, cell, unless), listed in sorted(lines_by_place.items()):
        lines = " and ".join(f"`{line}`" for line in listed)
        if module:
            yield (
                f"The class was graded with {lines}, which the module {module} lacks where it "
                "needs it. Put that at its top, for a kernel that runs all cells stops without it"
                + (f", unless {unless} binds the same." if unless else ".")
            )
        elif unless:
            where = f"cell {cell} says below it" if cell else "the given first cell says"
            yield (
                f"The class was graded with {lines} in front, which {where}. Unless {unless} binds "
                "the same, a kernel that runs all cells stops without it."
            )
        elif not cell:
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


def note_on_absent_star(program: Program, name: str, stars: Sequence[int]) -> str | None:
    """Say which star import may bind a name elsewhere, as its module isn't there; None if none."""
    for statement in (program.statements[index] for index in reversed(stars)):
        module = _star_of(statement).module
        if module and not program.files.is_installed(module.partition(".")[0]):
            return (
                f"The class uses the name {name}, which nothing binds here. Perhaps "
                f"{_star_in_words(statement)} does where the notebook was written: no module "
                f"{module} is installed where this is graded, nor was a file {module}.py handed in."
            )
    return None


def _star_of(statement: Statement) -> ast.ImportFrom:
    """Return a star import of a statement that holds one."""
    return next(
        node
        for node in executed(statement.node)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    )


def _star_in_words(statement: Statement) -> str:
    return f"`{ast.unparse(_star_of(statement))}` in cell {statement.cell}"


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
