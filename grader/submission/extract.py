"""Extract the part of a notebook that the class needs: a program slice of top-level statements."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import groupby
from operator import attrgetter

from grader.assignment import Assignment
from grader.protocol import jobs
from grader.protocol.jobs import NARROW, WITH_DOUBTFUL
from grader.submission.absent_bases import absent_base_notes
from grader.submission.cells import Notebook
from grader.submission.definitions import (
    count_written,
    defines_class,
    definitions,
    to_compare,
    trained_definitions,
)
from grader.submission.errors import Ungradable
from grader.submission.members import find_members
from grader.submission.misplaced import (
    listed,
    notes_on_cells,
    perhaps_newer,
    require_code,
    stray_notes,
    why_misplaced,
    why_unreadable,
)
from grader.submission.missing_imports import import_notes
from grader.submission.module_names import plain
from grader.submission.program import NO_CELL, Program, own_pairs
from grader.submission.reading import read_program
from grader.submission.slicer import Slicer
from grader.submission.slices import Definition, Slice
from grader.submission.syntax import executed
from grader.submission.without_training import without_training

_MOST_NAMED = 6
_MOST_COMPARED = 300
"""Statements that are cut out for definitions that are compared: far more than a course sees."""


def extract(notebook: Notebook, assignment: Assignment, latest: bool = False) -> Slice:
    """Return the slice of the notebook that the class needs.

    Of several definitions it is the one with most methods written, then the last that the notebook
    trains, then the last; or simply the ``latest``, as a session has it.

    Raises:
        Ungradable: if no cell that Python can read defines the class.
    """
    require_code(notebook, assignment)
    program = read_program(notebook, assignment)
    choices = definitions(program)
    if not choices:
        raise Ungradable(_no_class(notebook, program))
    if latest:
        choices = choices[:1]
    in_training = trained_definitions(program) if len(choices) > 1 else frozenset()
    slices: dict[Definition, Slice] = {}
    for definition in to_compare(program, choices, in_training):
        if sum(len(part.statements) for part in slices.values()) < _MOST_COMPARED:
            slices[definition] = cut_slice(program, definition)
    chosen = choices[0]
    if len(slices) > 1:

        def rank(definition: Definition) -> tuple[int, bool]:
            methods = count_written(slices[definition].members, assignment.task_by_method)
            return methods, not in_training.isdisjoint(definition.statements)

        compared = [definition for definition in choices if definition in slices]
        chosen = max(compared, key=rank)  # the latest of the best
    code = slices[chosen]
    notes = (
        *notebook.notes,
        *program.notes,
        *notes_on_cells(notebook, program),
        *_choice_notes(program, choices, chosen, code),
        *_file_notes(code),
        *absent_base_notes(program, chosen),
        *code.notes,
        *stray_notes(notebook, program, {c.number for c in code.cells}, code.members.in_force),
    )
    return replace(code, notes=tuple(dict.fromkeys(notes)))


def cut_slice(program: Program, definition: Definition, width: int = NARROW) -> Slice:
    """Return what a definition of the class needs, as wide as is asked for."""
    read = program
    if width >= WITH_DOUBTFUL:
        narrow = Slicer(program, definition)
        narrow.run()
        read = without_training(program, narrow.needed)
    slicer = Slicer(read, definition, width)
    slicer.run()
    kept = (program.statements[index] for index in sorted(slicer.included))
    cells = tuple(
        jobs.Cell(number, read.sources[number], tuple(s.place for s in run), module)
        for (number, module), run in groupby(kept, attrgetter("cell", "module"))
    )
    for module, line in slicer.missing_imports:
        cells = (jobs.Cell(NO_CELL, line, (0,), module), *cells)
    members = find_members(program, slicer.included)
    names = frozenset(slicer.notebook_names)
    notes = tuple(dict.fromkeys((*slicer.notes, *import_notes(slicer.missing_imports))))
    statements = frozenset(slicer.included)
    return Slice(cells, program, definition, members, statements, names, notes, notes, width)


def _file_notes(code: Slice) -> list[str]:
    """Say which numbers of cells stand for files."""
    files = code.program.files
    numbers = sorted({cell.number for cell in code.cells if cell.number >= files.first})
    return [f"What is called cell {number} is {files.describe(number)}" for number in numbers]


def _cell(program: Program, definition: Definition) -> int:
    """Return the cell of a class, be it in a module that the notebook imports it from."""
    statement = program.statements[definition.statements[0]]
    source = dict(own_pairs(statement.node)).get(program.class_name, "")
    while reaching := program.reaching(source, statement.index, data=True):
        statement = program.statements[reaching[0]]
        source = dict(own_pairs(statement.node)).get(source, "")
    return statement.cell


def _choice_notes(
    program: Program, choices: Sequence[Definition], chosen: Definition, code: Slice
) -> list[str]:
    """Say which definition is graded, where a person may think of another."""
    name, notes = program.class_name, []
    graded = _cell(program, chosen)
    last = program.reaching(name, program.end, data=True)
    if last and not defines_class(program, program.statements[last[0]]):
        notes.append(
            f"Cell {program.statements[last[0]].cell} binds the name {name} to something that is "
            "no class; the class defined before it was graded."
        )
    if any(broken.has_class and broken.cell > graded for broken in program.broken):
        cell = max(broken.cell for broken in program.broken if broken.has_class)
        notes.append(
            f"The class {name} in cell {cell} has a syntax error; the one in cell {graded} was "
            "graded."
        )
    others = [d for d in choices if not code.statements.issuperset(d.statements)]
    if others:
        cells = sorted({_cell(program, d) for d in (*others, chosen)})
        where = _places(cells)
        line = program.statements[chosen.statements[0]].node.lineno
        notes.append(
            f"The class {name} is defined in {where}. The one in cell {graded}, line {line}, was "
            "graded: most methods are written there"
            + (
                ", and the notebook trains it."
                if trained_definitions(program).intersection(chosen.statements)
                else "."
            )
        )
    return notes


def _places(cells: Sequence[int]) -> str:
    """Name the cells that define the class more than once: all, or of many the first and last."""
    if len(cells) == 1:
        return f"cell {cells[0]}, more than once"
    if len(cells) > _MOST_NAMED:
        return (
            f"{len(cells)} cells, the first of them cell {cells[0]} and the last cell {cells[-1]}"
        )
    return f"cells {listed(list(cells))}"


def _no_class(notebook: Notebook, program: Program) -> str:
    """Say why there is no class, in one sentence."""
    name = program.class_name
    for broken in reversed(program.broken):
        if broken.has_class:
            return why_unreadable(notebook, broken, name)
    if misplaced := why_misplaced(notebook, name):
        return misplaced
    classes = [
        plain(node.name)
        for statement in program.statements
        for node in executed(statement.node)
        if isinstance(node, ast.ClassDef)
    ]
    similar = [
        other
        for other in dict.fromkeys(classes)
        if any(noun in other.lower().replace("_", "") for noun in program.assignment.class_nouns)
        or name.lower() in other.lower()
        or get_close_matches(other.lower(), [name.lower()])
    ]
    if similar:
        joined = " and ".join(similar[:3])
        return f"The notebook defines no class {name}, but {joined}: name the class {name}."
    if program.broken:
        cell, line = program.broken[0].cell, program.broken[0].line
        return (
            f"The notebook defines no class {name}, and cell {cell} has a syntax error in line "
            f"{line}: correct it, restart the kernel and run all cells.{perhaps_newer(notebook)}"
        )
    return f"The notebook defines no class {name}: hand in the notebook with your solution."
