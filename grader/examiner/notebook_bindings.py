"""What a notebook binds beside its class: names that methods use and training or loaders bind."""

from __future__ import annotations

from typing import Any

from grader.assignment import Assignment
from grader.submission.program import BUILTINS
from grader.submission.slices import Slice


def bindings_outside(code: Slice, assignment: Assignment) -> list[dict[str, Any]]:
    """Return the statements outside of the slice that bind globals which the class uses, as JSON.

    Those that they need in turn are among them. A loop may be one (see `run_once`).
    """
    program = code.program
    kept = {(cell.number, place) for cell in code.cells for place in cell.keep}
    inside = [s for s in program.statements if (s.cell, s.place) in kept]
    bound = BUILTINS.union(assignment.bound_names, *(s.names.binds for s in inside))
    wanted = set().union(*(s.names.immediate | s.names.deferred for s in inside)) - bound
    chosen: set[int] = set()
    while wanted:
        for index in program.binders.get(wanted.pop(), ()):
            statement = program.statements[index]
            if index not in chosen and (statement.cell, statement.place) not in kept:
                chosen.add(index)
                bound |= statement.names.binds
                wanted |= (statement.names.immediate | statement.names.deferred) - bound
    cells: dict[int, list[int]] = {}
    for index in sorted(chosen):
        statement = program.statements[index]
        cells.setdefault(statement.cell, []).append(statement.place)
    return [{"source": program.sources[n], "keep": keep} for n, keep in cells.items()]
