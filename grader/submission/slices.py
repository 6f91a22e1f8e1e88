"""Slices: the parts of notebooks that their classes need."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from grader.assignment import Assignment
from grader.protocol.jobs import Cell
from grader.submission.attribution import Attribution, attribution_of
from grader.submission.program import Program
from grader.submission.syntax import first_line, parse


@dataclass(frozen=True)
class Location:
    """Lines of a cell: ``cell`` counts all cells from 1, ``line`` to ``end_line`` both included."""

    cell: int
    line: int
    end_line: int


@dataclass(frozen=True, eq=False)
class Code:
    """A function of the notebook, or the expression that yields one, in the tree of a cell."""

    cell: int
    node: ast.stmt | ast.expr

    @property
    def place(self) -> Location:
        """Where it stands."""
        node = self.node
        return Location(self.cell, first_line(node), node.end_lineno or node.lineno)


@dataclass(frozen=True)
class Members:
    """The functions of a class by name, each with those that wrap it.

    ``in_force`` are those that an instance has; ``every`` counts what they replaced, too.
    """

    in_force: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)
    every: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """The statements that may define the class, latest first, and where others take their place."""

    statements: tuple[int, ...]
    end: int


@dataclass(frozen=True)
class Slice:
    """The statements that define the class, in the order of the notebook.

    Attributes:
        cells: whole ones as plain Python, so that lines keep their numbers.
        statements: the indices of its statements in the program.
        program: the whole that it was cut out of.
        definition: where the class is defined in the program.
        members: all functions of the class.
        uses_notebook_names: the names that the notebook binds and the methods use.
        lacking: those of its notes that say what it doesn't hold.
        width: how much was included (see `grader.protocol.jobs`).
        rivals: other classes of the notebook that count in its place if they earn more points.
    """

    cells: tuple[Cell, ...]
    program: Program = field(repr=False, compare=False)
    definition: Definition = field(repr=False, compare=False)
    members: Members = field(default_factory=Members, repr=False, compare=False)
    statements: frozenset[int] = frozenset()
    uses_notebook_names: frozenset[str] = frozenset()
    lacking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    width: int = 0
    rivals: tuple[Slice, ...] = field(default=(), repr=False, compare=False)

    @property
    def assignment(self) -> Assignment:
        """The assignment that the class was written for."""
        return self.program.assignment

    @property
    def flags(self) -> int:
        """The compiler flags of the notebook's ``__future__`` imports, for ``compile``."""
        return self.program.flags

    @cached_property
    def methods(self) -> dict[str, Location]:
        """Where each method of the assignment was written; one that is missing isn't in it."""
        in_force = self.members.in_force
        names = (name for name in self.assignment.task_by_method if name in in_force)
        return {name: in_force[name][0].place for name in names}

    @cached_property
    def attribution(self) -> Attribution:
        """Which task each piece of code counts for."""
        return attribution_of(self)

    @property
    def text(self) -> str:
        """The slice as Python source, each cell under a comment with its number."""
        parts = []
        for cell in self.cells:
            lines = cell.source.split("\n")
            body = parse(cell.source).body
            module = f", in the module {cell.module}" if cell.module else ""
            parts.append((f"# cell {cell.number}" if cell.number else "# missing") + module)
            for node in (body[index] for index in cell.keep):
                parts += lines[first_line(node) - 1 : node.end_lineno]
            parts.append("")
        return "\n".join(parts)

    @cached_property
    def sources(self) -> dict[str, str]:
        """The methods of the assignment as written, by their names."""
        lines = {cell.number: cell.source.split("\n") for cell in self.cells}
        return {
            name: "\n".join(lines[place.cell][place.line - 1 : place.end_line])
            for name, place in self.methods.items()
        }
