"""Read a notebook into the sequence of its statements, its own modules among them."""

from __future__ import annotations
import __future__

import ast
import re
from collections.abc import Iterable, Iterator

from grader.assignment import Assignment
from grader.submission.cells import Cell, Notebook
from grader.submission.changes import changes_of
from grader.submission.code_size import MAX_CODE, class_line, split_by_size
from grader.submission.errors import Ungradable
from grader.submission.executed_texts import with_inlined
from grader.submission.files import (
    LAST,
    Files,
    Part,
    executed_files,
    files_of,
    imported_modules,
)
from grader.submission.local_modules import with_own_names
from grader.submission.magics import to_python
from grader.submission.module_names import Modules, global_names, is_for_scripts, star_names
from grader.submission.program import (
    NO_CELL,
    TOO_LARGE,
    BrokenCell,
    Program,
    Statement,
    indexed,
    own_pairs,
)
from grader.submission.scopes import names_of
from grader.submission.syntax import calls, executed, parse, parsed, root

MAX_STATEMENTS = 2_000
_AUTORELOAD = re.compile(r"^[ \t]*%autoreload[ \t]*(\w*)", re.MULTILINE)


def read_program(notebook: Notebook, assignment: Assignment) -> Program:
    """Parse the code cells, and the notebook's own modules where they are imported.

    Cells with a syntax error are left out, as a kernel would.

    Raises:
        Ungradable: if there is far more code than any solution holds.
    """
    cells, left_out = split_by_size(notebook.code, assignment.class_name)
    if any(class_line(assignment.class_name).search(cell.source) for cell in left_out):
        raise Ungradable(TOO_LARGE)
    files = files_of(notebook, assignment)
    reader = _Reader(assignment, files)
    reader.read_cells(cells)
    if module := _holder(reader.program):
        reader = _Reader(assignment, files, module)
        reader.read_cells(cells)
    program = indexed(reader.program)
    program.left_out += [cell.number for cell in left_out]
    program.notes += reader.notes()
    return program


class _Reader:
    """A reader of cells, and of the notebook's files as more cells where they are asked for.

    As in a kernel, a module is read where it is imported first, and then only if it is reloaded.
    From the module ``holder`` the class is imported as soon as that is read.
    """

    def __init__(self, assignment: Assignment, files: Files, holder: str = "") -> None:
        self.program = Program(assignment, files)
        self._class_line = class_line(assignment.class_name)
        self._texts: dict[str, str] = {}
        self._run: set[Part] = set()
        self._pieces: dict[str, list[Part]] = {}
        self._reloads = False
        self._at = 0
        self._forgotten: set[str] = set()
        self._characters = 0
        self._holder = holder

    def read_cells(self, cells: Iterable[Cell]) -> None:
        """Add the statements of cells."""
        for cell in cells:
            self._at = cell.number
            if autoreload := _AUTORELOAD.findall(cell.source):
                self._reloads = autoreload[-1] not in ("0", "off")
            ahead = self.program.sources.get(cell.number)  # of a module, read before it is written
            self._read(cell.number, to_python(cell.source), cell.source)
            if ahead is not None:
                self.program.sources[cell.number] = ahead

    def notes(self) -> Iterator[str]:
        """Yield what there is to say of modules that were written once more."""
        for module, pieces in self._pieces.items():
            if later := self.program.files.written_after(module, pieces):
                path, cell = later
                yield (
                    f"Cell {cell} writes {path} once more, and nothing reloads it: a kernel that "
                    "runs all cells keeps what it has imported, and that was graded."
                )

    def _read(self, cell: int, source: str, typed: str, module: str = "") -> None:
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
            run = [program.files.file(path, self._at) for path in executed_files(typed, body)]
            body = with_inlined(body, self._texts)
            program.sources[cell] = source
            for part in (part for pieces in run for part in pieces if part not in self._run):
                self._run.add(part)
                self._read_part(part, "")
            for place, node in enumerate(body):
                if not module or not is_for_scripts(node):
                    self._add(cell, place, node, module, "import" in typed)
        except (SyntaxError, RecursionError) as error:
            has_class = self._class_line.search(source) is not None
            line, message = 1, "the code is nested too deeply"
            if isinstance(error, SyntaxError):
                line, message = error.lineno or 1, error.msg
            program.broken.append(BrokenCell(cell, line, message, has_class))

    def _add(self, cell: int, place: int, node: ast.stmt, module: str, imports: bool) -> None:
        """Add a statement, after those of the modules that it imports."""
        program, modules = self.program, self.program.modules
        for name in imported_modules(node, modules, module) if imports else ():
            self._import(name, again=name in self._forgotten)
        self._forgotten |= set(_forgotten(node)) & modules.bound.keys()
        for name in _reloaded(node, modules) if modules.bound else ():
            self._import(name, again=True)
        postponed = bool(program.flags & __future__.annotations.compiler_flag)
        if modules.bound:
            node, names = with_own_names(node, modules, module, postponed)
        else:
            names = names_of(node, postponed)
        changes = changes_of(node, program.class_name)
        program.statements.append(Statement(program.end, cell, place, node, names, changes, module))

    def _import(self, name: str, again: bool = False) -> None:
        """Read a module where a kernel executes it: when it is imported first, or reloaded."""
        modules = self.program.modules
        if name in modules.bound and not again:
            return
        self._forgotten.discard(name)
        pieces = self.program.files.module(name, LAST if self._reloads else self._at)
        if not pieces:
            return
        package = name.rpartition(".")[0]
        if package and package not in modules.bound:
            self._import(package)
            modules.bound.setdefault(package, frozenset())
            modules.starred.setdefault(package, [])
        if self.program.files.is_package(name, self._at):
            modules.packages.add(name)
        self._pieces[name] = pieces
        body = [node for part in pieces for node in _body(part)]
        modules.bound.setdefault(name, frozenset())  # a module may import itself in a circle
        modules.starred.setdefault(name, [])
        self._note_names(name, body)
        for part in pieces:
            self._read_part(part, name)
        self._note_names(name, body)  # now those of the modules that it imports are known
        if name == self._holder:
            class_name = self.program.class_name
            self._read(NO_CELL, f"from {name} import {class_name}", "")

    def _note_names(self, name: str, body: list[ast.stmt]) -> None:
        modules = self.program.modules
        modules.bound[name] |= global_names(body, modules, name)
        modules.starred[name] = star_names(body, modules.bound[name])

    def _read_part(self, part: Part, module: str) -> None:
        self._characters += len(part.source)
        if self._characters > MAX_CODE:
            raise Ungradable(TOO_LARGE)
        self._read(part.cell, to_python(part.source), part.source, module)


def _holder(program: Program) -> str:
    """Return the module of which a notebook uses the class without importing it by name."""
    name = program.class_name
    holders = [module for module, bound in program.modules.bound.items() if name in bound]
    notebook = [statement for statement in program.statements if not statement.module]
    if not any(name in statement.names.binds for statement in notebook):
        return holders[-1] if holders else ""
    called = {root(call) for statement in notebook for call in calls(statement.node)}
    imported = {source for statement in notebook for _, source in own_pairs(statement.node)}
    used = (m for m in holders if (own := f"{m}.{name}") in called and own not in imported)
    return next(used, "")


def _body(part: Part) -> list[ast.stmt]:
    tree = parsed(to_python(part.source))
    return [node for node in tree.body if not is_for_scripts(node)] if tree else []


def _forgotten(node: ast.stmt) -> Iterator[str]:
    """Yield the modules that a statement takes from ``sys.modules``, to be imported again."""
    for part in executed(node):
        match part:
            case (
                ast.Subscript(
                    value=ast.Attribute(attr="modules"),
                    slice=ast.Constant(value=str(name)),
                    ctx=ast.Del(),
                )
                | ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr="modules"), attr="pop"),
                    args=[ast.Constant(value=str(name)), *_],
                )
            ):
                yield name


def _reloaded(node: ast.stmt, modules: Modules) -> Iterator[str]:
    """Yield the own modules that a statement reloads."""
    for call in calls(node):
        match call:
            case ast.Call(
                func=ast.Name(id="reload") | ast.Attribute(attr="reload"), args=[given, *_]
            ):
                name = modules.aliases.get(ast.unparse(given))
                text = getattr(getattr(given, "slice", None), "value", None)
                yield from (m for m in (name, text) if m in modules.bound)


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
