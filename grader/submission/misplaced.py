"""Find the class where a kernel doesn't run it, and say what to do about it.

All of these are slips of the hand: a cell of the wrong kind, under a magic, commented out, cut in
two, or written for a newer Python than the grader's.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection

from grader.assignment import Assignment
from grader.submission.cells import Cell, Notebook
from grader.submission.code_size import class_line
from grader.submission.conflicts import has_conflict
from grader.submission.decode import NOT_UTF8
from grader.submission.errors import Ungradable
from grader.submission.magics import cell_magic, to_python
from grader.submission.program import BrokenCell, Program
from grader.submission.syntax import parsed

_COLAB = "# Commented out IPython magic to ensure Python compatibility."
_METHOD = re.compile(r"^[ \t]+def[ \t]+(\w+)[ \t]*\([ \t]*self\b", re.MULTILINE)
_OWN_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
_RUN_ALL = "restart the kernel and run all cells"
_JOIN = f"join them (Edit, Merge Selected Cells), {_RUN_ALL}"


def require_code(notebook: Notebook, assignment: Assignment) -> None:
    """Turn a notebook away that holds no code.

    Raises:
        Ungradable: it doesn't.
    """
    if not notebook.code:
        nothing = "The notebook holds no code: hand in the notebook with your solution."
        raise Ungradable(why_misplaced(notebook, assignment.class_name) or nothing)


def why_misplaced(notebook: Notebook, name: str) -> str | None:
    """Say where the class is that no code cell defines, and what to do; None for nowhere."""
    for cell in reversed(notebook.cells):
        if where := _where(cell, name):
            return f"{where[0]}: {where[1]}."
    return None


def _where(cell: Cell, name: str) -> tuple[str, str] | None:
    """Say why a kernel wouldn't run the class in a cell, and what to do; None if it isn't there."""
    source, defines = cell.source, class_line(name).search
    if cell.kind != "code":
        kind = "Markdown" if cell.kind == "markdown" else "raw"
        where = f"The cell of class {name}, cell {cell.number}, is a {kind} cell"
        return (where, f"make it a code cell, {_RUN_ALL}") if defines(source) else None
    where = f"The class {name} in cell {cell.number}"
    if defines(source):
        magic = cell_magic(source)
        if magic is not None:
            return (
                f"{where} stands under %%{magic}, which doesn't run it as Python",
                f"delete that line, {_RUN_ALL}",
            )
        if _is_quoted(source, name):
            return f"{where} stands in quotes, which make it a text", f"delete them, {_RUN_ALL}"
    if re.search(rf"^[ \t]*#[ \t#]*class[ \t]+{name}\b", source, re.MULTILINE):
        where += " is commented out"
        if _COLAB in source:
            where += ", as Colab's export to .py does with a cell under a magic"
            return where, "use the notebook itself (.ipynb), or take the # off its lines"
        return where, f"take the # off its lines, {_RUN_ALL}"
    return None


def _is_quoted(source: str, name: str) -> bool:
    """Tell whether the class stands in a text that is a statement by itself."""
    tree = parsed(to_python(source))
    for node in tree.body if tree else ():
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))) if class_line(name).search(text):
                return True
    return False


def why_unreadable(notebook: Notebook, broken: BrokenCell, name: str) -> str:
    """Say why Python can't read the cell of the class, and what to do."""
    number = broken.cell
    if continued := _continuations(notebook, number):
        cells = listed([number, *continued])
        return f"The class {name} is cut in pieces, in cells {cells}: {_JOIN}."
    where = f"Cell {number}, which defines the class {name},"
    if has_conflict(_source(notebook, number)):
        return f"{where} holds git's conflict markers: decide for one side, {_RUN_ALL}."
    if _is_guessed(notebook) and not _source(notebook, number).isascii():
        return (
            f"{where} can't be read in line {broken.line}, perhaps because the file isn't UTF-8 "
            "text: save it in Jupyter, which writes UTF-8, and use that file."
        )
    if newer := newer_python(notebook):
        return (
            f"{where} can't be read in line {broken.line} ({broken.message}): {newer}. Grade it "
            "with the newer Python, or write that line so that older ones read it."
        )
    return (
        f"{where} has a syntax error in line {broken.line} ({broken.message}): correct it, "
        f"{_RUN_ALL}.{perhaps_newer(notebook)}"
    )


def notes_on_cells(notebook: Notebook, program: Program) -> list[str]:
    """Return notes on the cells that were not read, and why."""
    newer = newer_python(notebook)
    notes = []
    for broken in program.broken:
        where = f"line {broken.line} ({broken.message})"
        if has_conflict(_source(notebook, broken.cell)):
            notes.append(f"Cell {broken.cell} holds git's conflict markers; it was passed over.")
        elif newer:
            notes.append(
                f"Cell {broken.cell} can't be read in {where}; it was passed over: {newer}."
            )
        else:
            notes.append(
                f"Cell {broken.cell} has a syntax error in {where}; a kernel skips such a cell, "
                f"and so did the grader.{perhaps_newer(notebook)}"
            )
    notes += [
        f"Cell {number} holds far more than code of this assignment could; it was passed over."
        for number in program.left_out
    ]
    return notes


def newer_python(notebook: Notebook) -> str | None:
    """Say that the notebook was written with a newer Python than the grader's; else None."""
    match = re.match(r"(\d+)\.(\d+)", notebook.python or "")
    if match is None or (int(match[1]), int(match[2])) <= sys.version_info[:2]:
        return None
    return (
        f"the notebook was written with Python {notebook.python} and the grader runs on Python "
        f"{_OWN_PYTHON}, which doesn't know all of the newer syntax"
    )


def perhaps_newer(notebook: Notebook) -> str:
    """Return a sentence on newer syntax where the notebook names no Python, as Colab's; else ""."""
    if notebook.python is not None:
        return ""
    return (
        f" It was read with Python {_OWN_PYTHON}, and the file doesn't say which Python it was "
        "written with: if that is a newer one, its syntax may be the reason."
    )


def stray_notes(
    notebook: Notebook, program: Program, cells: Collection[int], methods: Collection[str]
) -> list[str]:
    """Return notes on methods that stand outside the class by a slip.

    Args:
        notebook: what was handed in.
        program: its statements.
        cells: those of the slice, of which the last that defines the class counts.
        methods: those that the class has.
    """
    assignment = program.assignment
    defines = class_line(assignment.class_name).search
    graded = [c for c in notebook.code if c.number in cells and defines(c.source)]
    if not graded:
        return []
    number = graded[-1].number
    pieces = _continuations(notebook, number)
    sources = [_source(notebook, piece) for piece in pieces]
    below = dict.fromkeys(name for source in sources for name in _METHOD.findall(source))
    lost = [name for name in below if name not in methods]
    notes = []
    if lost or not all(map(_is_python, sources)):
        names = f" ({', '.join(lost)})" if lost else ""
        notes.append(
            f"The class {assignment.class_name} is cut in pieces, in cells "
            f"{listed([number, *pieces])}: what is below the first cut is outside "
            f"the class{names}. {_JOIN[0].upper()}{_JOIN[1:]}."
        )
    for statement in program.statements:
        match statement.node:
            case ast.FunctionDef(name=name, args=ast.arguments(args=[ast.arg(arg="self"), *_])):
                if name in assignment.task_by_method and name not in methods and name not in lost:
                    notes.append(
                        f"{name}, in cell {statement.cell}, is defined outside the class "
                        f"{assignment.class_name}: move it into the class, indented as the other "
                        f"methods, {_RUN_ALL}."
                    )
    return notes


def _continuations(notebook: Notebook, number: int) -> list[int]:
    """Return the cells below one that start indented and make whole Python together."""
    below = [cell for cell in notebook.code if cell.number >= number]
    pieces = [cell.source for cell in below[:1]]
    for cell in below[1:]:
        if cell.source.lstrip("\n")[:1] not in (" ", "\t"):
            break
        pieces.append(cell.source)
    whole = len(pieces) > 1 and _is_python("\n".join(pieces))
    return [cell.number for cell in below[1 : len(pieces)]] if whole else []


def _source(notebook: Notebook, number: int) -> str:
    """Return a cell's text; "" for a number that no cell of the notebook has."""
    return next((cell.source for cell in notebook.cells if cell.number == number), "")


def _is_guessed(notebook: Notebook) -> bool:
    """Tell whether the encoding of the file had to be guessed."""
    return any(note.startswith(NOT_UTF8) for note in notebook.notes)


def _is_python(source: str) -> bool:
    return parsed(to_python(source)) is not None


def listed(numbers: list[int]) -> str:
    """Return two numbers or more as a list in a sentence."""
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}"
