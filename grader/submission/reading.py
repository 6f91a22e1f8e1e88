"""Read a notebook into the sequence of its statements, its own modules among them."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Iterable

from grader.assignment import Assignment
from grader.submission.cells import Notebook
from grader.submission.changes import changes_of
from grader.submission.code_size import MAX_CODE, class_line, split_by_size
from grader.submission.errors import Ungradable
from grader.submission.executed_texts import with_inlined
from grader.submission.files import Files, Part, executed_files, files_of, imported_modules
from grader.submission.local_modules import with_bound_names, without_import
from grader.submission.magics import to_python
from grader.submission.program import TOO_LARGE, BrokenCell, Program, Statement, indexed
from grader.submission.scopes import names_of
from grader.submission.syntax import parse

MAX_STATEMENTS = 2_000


def read_program(notebook: Notebook, assignment: Assignment) -> Program:
    """Parse the code cells, and the notebook's own modules where they are imported.

    Cells with a syntax error are left out, as a kernel would.

    Raises:
        Ungradable: if there is far more code than any solution holds.
    """
    cells, left_out = split_by_size(notebook.code, assignment.class_name)
    if any(class_line(assignment.class_name).search(cell.source) for cell in left_out):
        raise Ungradable(TOO_LARGE)
    reader = _Reader(assignment, files_of(notebook, assignment))
    reader.program.left_out += [cell.number for cell in left_out]
    for cell in cells:
        reader.read(cell.number, to_python(cell.source), cell.source)
    return indexed(reader.program)


class _Reader:
    """A reader of cells, and of the notebook's files as more cells where they are asked for."""

    def __init__(self, assignment: Assignment, files: Files) -> None:
        self.program = Program(assignment, files)
        self._class_line = class_line(assignment.class_name)
        self._texts: dict[str, str] = {}
        self._bound: dict[Part, frozenset[str]] = {}
        self._characters = 0

    def read(self, cell: int, source: str, typed: str) -> None:
        """Add the statements of a cell; ``typed`` is what stands in it, magics included."""
        program = self.program
        source = _with_pylab(source, typed)
        try:
            body = parse(source).body
            if len(body) > MAX_STATEMENTS // 2 and not self._class_line.search(source):
                program.left_out.append(cell)
                return
            if program.end + len(body) > MAX_STATEMENTS:
                raise Ungradable(TOO_LARGE)
            program.flags |= _future_flags(body)
            run = [self.program.files.file(path, cell) for path in executed_files(typed, body)]
            body = with_inlined(body, self._texts)
            imports = "import" in typed
            modules = [self._own_modules(node, cell) if imports else {} for node in body]
            body = [without_import(*pair) for pair in zip(body, modules, strict=True)]
            postponed = bool(program.flags & __future__.annotations.compiler_flag)
            parts = [
                (node, names_of(node, postponed), changes_of(node, program.class_name))
                for node in body
            ]
        except (SyntaxError, RecursionError) as error:
            has_class = self._class_line.search(source) is not None
            line, message = 1, "the code is nested too deeply"
            if isinstance(error, SyntaxError):
                line, message = error.lineno or 1, error.msg
            program.broken.append(BrokenCell(cell, line, message, has_class))
            return
        for pieces in run:
            self._bound_by(pieces)
        for place, (node, names, changes) in enumerate(parts):
            for name, pieces in modules[place].items():
                program.modules.add(name)
                names = with_bound_names(names, node, self._bound_by(pieces))
            statement = Statement(program.end, cell, place, node, names, changes)
            program.statements.append(statement)
        program.sources[cell] = source

    def _own_modules(self, node: ast.stmt, cell: int) -> dict[str, list[Part]]:
        """Return the pieces of own modules that a statement imports, by their names."""
        modules = {name: self.program.files.module(name, cell) for name in imported_modules(node)}
        return {name: pieces for name, pieces in modules.items() if pieces}

    def _bound_by(self, pieces: Iterable[Part]) -> frozenset[str]:
        """Read a file where it wasn't yet; the names that it binds."""
        program = self.program
        names: frozenset[str] = frozenset()
        for part in pieces:
            if part not in self._bound:
                self._bound[part] = frozenset()  # a module may import itself in a circle
                start = program.end
                self._characters += len(part.source)
                if self._characters > MAX_CODE:
                    raise Ungradable(TOO_LARGE)
                self.read(part.cell, to_python(part.source), part.source)
                bound = (s.names.binds for s in program.statements[start:])
                self._bound[part] = frozenset().union(*bound)
            names |= self._bound[part]
        return names


def _with_pylab(source: str, typed: str) -> str:
    """Return the cell with the imports of ``%pylab``, which binds names for the class."""
    if "%pylab" not in typed:
        return source
    lines = source.split("\n")
    for index, line in enumerate(typed.split("\n")[: len(lines)]):
        if line.lstrip().startswith("%pylab"):
            lines[index] = "from pylab import *"
    return "\n".join(lines)


def _future_flags(body: Iterable[ast.stmt]) -> int:
    flags = 0
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags
