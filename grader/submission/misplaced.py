"""Find the class where a kernel doesn't run it, and say what to do about it.

All of these are slips of the hand: a cell of the wrong kind, under a magic, commented out, cut in
two, or written for a newer Python than the grader's.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection

from grader.submission.cells import Cell, Notebook
from grader.submission.decode import NOT_UTF8
from grader.submission.kinds import has_conflict
from grader.submission.magics import cell_magic, to_python
from grader.submission.program import BrokenCell, Program
from grader.submission.size import CLASS_LINE
from grader.submission.syntax import parse
from grader.vae import spec

_NAME = spec.CLASS_NAME
_COMMENTED = re.compile(rf"^[ \t]*#[ \t#]*class[ \t]+{_NAME}\b", re.MULTILINE)
_COLAB = "# Commented out IPython magic to ensure Python compatibility."
_METHOD = re.compile(r"^[ \t]+def[ \t]+(\w+)[ \t]*\([ \t]*self\b", re.MULTILINE)
_OWN_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
_RUN_ALL = "restart the kernel and run all cells"
_JOIN = f"join them (Edit, Merge Selected Cells), {_RUN_ALL}"


def why_misplaced(notebook: Notebook) -> str | None:
    """Where the class is that no code cell defines, and what to do; None if it is nowhere."""
    for cell in reversed(notebook.cells):
        if where := _where(cell):
            return f"{where[0]}: {where[1]}."
    return None


def _where(cell: Cell) -> tuple[str, str] | None:
    """Why a kernel wouldn't run the class in a cell, and what to do; None if it isn't in it."""
    source = cell.source
    if cell.kind != "code":
        kind = "Markdown" if cell.kind == "markdown" else "raw"
        found = CLASS_LINE.search(source)
        where = f"The cell of class {_NAME}, cell {cell.number}, is a {kind} cell"
        return (where, f"make it a code cell, {_RUN_ALL}") if found else None
    where = f"The class {_NAME} in cell {cell.number}"
    if CLASS_LINE.search(source):
        magic = cell_magic(source)
        if magic is not None:
            return (
                f"{where} stands under %%{magic}, which doesn't run it as Python",
                f"delete that line, {_RUN_ALL}",
            )
        if _is_quoted(source):
            return f"{where} stands in quotes, which make it a text", f"delete them, {_RUN_ALL}"
    if _COMMENTED.search(source):
        where += " is commented out"
        if _COLAB in source:
            where += ", as Colab's export to .py does with a cell under a magic"
            return where, "use the notebook itself (.ipynb), or take the # off its lines"
        return where, f"take the # off its lines, {_RUN_ALL}"
    return None


def _is_quoted(source: str) -> bool:
    """Whether the class stands in a text that is a statement by itself."""
    try:
        body = parse(to_python(source)).body
    except SyntaxError:
        return False
    for node in body:
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))) if CLASS_LINE.search(text):
                return True
    return False


def why_unreadable(notebook: Notebook, broken: BrokenCell) -> str:
    """Why Python can't read the cell of the class, and what to do."""
    number = broken.cell
    if continued := _continuations(notebook, number):
        cells = listed([number, *continued])
        return f"The class {_NAME} is cut in pieces, in cells {cells}: {_JOIN}."
    where = f"Cell {number}, which defines the class {_NAME},"
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
    """Notes on the cells that were not read, and why."""
    newer = newer_python(notebook)
    found = []
    for broken in program.broken:
        where = f"line {broken.line} ({broken.message})"
        if has_conflict(_source(notebook, broken.cell)):
            found.append(f"Cell {broken.cell} holds git's conflict markers; it was passed over.")
        elif newer:
            found.append(
                f"Cell {broken.cell} can't be read in {where}; it was passed over: {newer}."
            )
        else:
            found.append(
                f"Cell {broken.cell} has a syntax error in {where}; a kernel skips such a cell, "
                f"and so did the grader.{perhaps_newer(notebook)}"
            )
    found += [
        f"Cell {number} holds far more than code of this assignment could; it was passed over."
        for number in program.left_out
    ]
    return found


def newer_python(notebook: Notebook) -> str | None:
    """What to say where the notebook was written with a newer Python than the grader's."""
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
    """Notes on methods that stand outside the class by a slip.

    Args:
        notebook: what was handed in.
        program: its statements.
        cells: those of the slice, of which the last that defines the class counts.
        methods: those that the class has.
    """
    graded = [c for c in notebook.code if c.number in cells and CLASS_LINE.search(c.source)]
    if not graded:
        return []
    number = graded[-1].number
    pieces = _continuations(notebook, number)
    sources = [_source(notebook, piece) for piece in pieces]
    found = dict.fromkeys(name for source in sources for name in _METHOD.findall(source))
    lost = [name for name in found if name not in methods]
    notes = []
    if lost or not all(map(_is_python, sources)):
        names = f" ({', '.join(lost)})" if lost else ""
        notes.append(
            f"The class {_NAME} is cut in pieces, in cells {listed([number, *pieces])}: what is "
            f"below the first cut is outside the class{names}. {_JOIN[0].upper()}{_JOIN[1:]}."
        )
    for statement in program.statements:
        match statement.node:
            case ast.FunctionDef(name=name, args=ast.arguments(args=[ast.arg(arg="self"), *_])):
                if name in spec.TASK_BY_METHOD and name not in methods and name not in lost:
                    notes.append(
                        f"{name}, in cell {statement.cell}, is defined outside the class {_NAME}: "
                        f"move it into the class, indented as the other methods, {_RUN_ALL}."
                    )
    return notes


def _continuations(notebook: Notebook, number: int) -> list[int]:
    """The cells below one that start with an indented line and make whole Python together."""
    below = [cell for cell in notebook.code if cell.number >= number]
    pieces = [cell.source for cell in below[:1]]
    for cell in below[1:]:
        if cell.source.lstrip("\n")[:1] not in (" ", "\t"):
            break
        pieces.append(cell.source)
    whole = len(pieces) > 1 and _is_python("\n".join(pieces))
    return [cell.number for cell in below[1 : len(pieces)]] if whole else []


def _source(notebook: Notebook, number: int) -> str:
    """A cell's text; "" for a number that no cell of the notebook has."""
    return next((cell.source for cell in notebook.cells if cell.number == number), "")


def _is_guessed(notebook: Notebook) -> bool:
    """Whether the encoding of the file had to be guessed."""
    return any(note.startswith(NOT_UTF8) for note in notebook.notes)


def _is_python(source: str) -> bool:
    try:
        parse(to_python(source))
    except SyntaxError:
        return False
    return True


def listed(numbers: list[int]) -> str:
    """Two numbers or more, as a sentence has them."""
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}"
