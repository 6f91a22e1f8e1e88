"""A submission as cells of text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cell:
    """One cell; ``number`` counts all cells of the file, Markdown included, from 1."""

    number: int
    kind: str
    source: str
    execution_count: int | None = None
    has_outputs: bool = False
    attachments: dict[str, Any] | None = None

    @property
    def was_run(self) -> bool:
        """Whether it was executed before the file was saved: some programs keep one trace alone."""
        return bool(self.execution_count) or self.has_outputs


@dataclass(frozen=True)
class Notebook:
    """A submission as read.

    Attributes:
        notes: what is unusual about the file.
        is_script: whether it is no notebook but a script, which keeps no outputs.
        python: the version of Python that it says it was written with, such as ``3.12.4``.
    """

    path: Path
    sha256: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    is_script: bool = False
    python: str | None = None

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells that aren't blank, in order."""
        return tuple(cell for cell in self.cells if cell.kind == "code" and cell.source.strip())

    @property
    def was_run(self) -> bool:
        """Whether any of it was executed before it was saved."""
        return any(cell.was_run for cell in self.code)

    def to_nbformat(self) -> Any:
        """Return a fresh, valid nbformat 4 node of the cells, without outputs.

        It is rebuilt and not the file's own node: whatever metadata the file holds, tags that steer
        the execution included, doesn't reach the kernel.
        """
        from nbformat import from_dict  # not needed to grade a class, and slow to import

        python = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [_raw_cell(cell) for cell in self.cells]
        return from_dict(
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": python}, "cells": cells}
        )


def _raw_cell(cell: Cell) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": f"cell-{cell.number}",
        "cell_type": cell.kind,
        "metadata": {},
        "source": cell.source,
    }
    if cell.kind == "code":
        made |= {"execution_count": None, "outputs": []}
    if cell.attachments:
        made["attachments"] = cell.attachments
    return made


def with_plain_breaks(source: str) -> str:
    """Return the text with plain line ends, and without lone surrogates."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return source.encode("utf-8", "replace").decode("utf-8")
