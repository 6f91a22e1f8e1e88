"""What the extractor yields: the part of a notebook that the class needs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from grader.submission.syntax import parse


@dataclass(frozen=True)
class Location:
    """Lines of a cell: ``cell`` counts all cells from 1, ``line`` to ``end_line`` both included."""

    cell: int
    line: int
    end_line: int


@dataclass(frozen=True)
class SliceCell:
    """A cell of the slice.

    ``source`` is the whole cell as plain Python, so that lines keep their numbers; ``keep`` are the
    indices in ``ast.parse(source).body`` of the statements to execute.
    """

    number: int
    source: str
    keep: tuple[int, ...]


@dataclass(frozen=True)
class Slice:
    """The statements that define the class, in the order of the notebook.

    ``methods`` says where each method of the assignment that is in force was written (none for one
    that is missing); ``uses_notebook_names`` which of the names that the notebook binds the methods
    use; ``flags`` are the compiler flags of the notebook's ``__future__`` imports, for ``compile``.
    """

    cells: tuple[SliceCell, ...]
    methods: Mapping[str, Location]
    uses_notebook_names: frozenset[str]
    notes: tuple[str, ...] = ()
    flags: int = 0

    @property
    def text(self) -> str:
        """The slice as Python source, each cell under a comment with its number."""
        parts = []
        for cell in self.cells:
            lines = cell.source.split("\n")
            body = parse(cell.source).body
            kept = ["\n".join(lines[slice(*_span(body[index]))]) for index in cell.keep]
            parts.append(f"# cell {cell.number}\n" + "\n".join(kept) + "\n")
        return "\n".join(parts)

    def method_source(self, name: str) -> str | None:
        """The lines of a method of the assignment as written, None if it is missing."""
        place = self.methods.get(name)
        if place is None:
            return None
        source = next(cell.source for cell in self.cells if cell.number == place.cell)
        return "\n".join(source.split("\n")[place.line - 1 : place.end_line])


def first_line(node: ast.stmt | ast.expr) -> int:
    """The line where a statement starts, decorators included."""
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _span(node: ast.stmt) -> tuple[int, int]:
    return first_line(node) - 1, node.end_lineno or node.lineno
