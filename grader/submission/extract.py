"""Extract the part of a notebook that the class needs: a program slice of top-level statements."""

from __future__ import annotations

import ast
from dataclasses import replace
from difflib import get_close_matches

from grader.assignment import Assignment
from grader.submission.absent_bases import absent_base_notes
from grader.submission.cells import Notebook
from grader.submission.choices import Choice, choice_notes, find_choices
from grader.submission.errors import Ungradable
from grader.submission.misplaced import (
    notes_on_cells,
    perhaps_newer,
    require_code,
    stray_notes,
    why_misplaced,
    why_unreadable,
)
from grader.submission.module_names import plain
from grader.submission.program import Program
from grader.submission.reading import read_program
from grader.submission.slices import Slice
from grader.submission.syntax import executed


def extract(notebook: Notebook, assignment: Assignment, latest: bool = False) -> Slice:
    """Return the slice of the notebook that the class needs, and its rivals.

    Of several classes it is the one with most methods written, then the last that the notebook
    trains, then the last; or simply the ``latest``, as a session has it.

    Raises:
        Ungradable: if no cell that Python can read defines the class.
    """
    require_code(notebook, assignment)
    program = read_program(notebook, assignment)
    choices = find_choices(notebook, program, latest)
    if not choices:
        raise Ungradable(_no_class(notebook, program))
    beside = (*notebook.notes, *program.notes, *notes_on_cells(notebook, program))

    def told(choice: Choice) -> Slice:
        code = choice.code
        numbers = {cell.number for cell in code.cells}
        notes = (
            *beside,
            *choice_notes(program, choice, choices),
            *_file_notes(code),
            *absent_base_notes(code.program, code.definition),
            *code.notes,
            *stray_notes(notebook, program, numbers, code.members.in_force),
        )
        return replace(code, notes=tuple(dict.fromkeys(notes)))

    chosen, *rivals = choices
    return replace(told(chosen), rivals=tuple(map(told, rivals)))


def _file_notes(code: Slice) -> list[str]:
    """Say which numbers of cells stand for files."""
    files = code.program.files
    numbers = sorted({cell.number for cell in code.cells if cell.number >= files.first})
    return [f"What is called cell {number} is {files.describe(number)}" for number in numbers]


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
