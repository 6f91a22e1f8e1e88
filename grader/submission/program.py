"""A notebook as the sequence of its top-level statements, and which of them bind a name."""

from __future__ import annotations
import __future__

import ast
import builtins
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from grader.submission.cells import Notebook
from grader.submission.changes import Changes, changes_of
from grader.submission.errors import Ungradable
from grader.submission.files import Files, Part, executed_files, files_of, imported_modules
from grader.submission.inlined import with_inlined
from grader.submission.local_modules import as_own, with_needs
from grader.submission.magics import to_python
from grader.submission.scopes import Names, names_of
from grader.submission.size import CLASS_LINE, MAX_CODE, split_by_size
from grader.submission.syntax import executed, parse, root
from grader.vae import spec

BUILTINS = frozenset(dir(builtins))
MAX_STATEMENTS = 2_000
MAX_STEPS = 1_000_000
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_DATA_MODULES = frozenset(["torchvision", "vae_utils", "matplotlib", "seaborn", "sklearn"])
_TOO_LARGE = (
    "The notebook holds far more code than the assignment needs: hand in only your solution."
)


@dataclass(frozen=True)
class Statement:
    """A top-level statement: number ``index`` of the program, ``place`` in the body of its cell."""

    index: int
    cell: int
    place: int
    node: ast.stmt
    names: Names
    changes: Changes


@dataclass(frozen=True)
class BrokenCell:
    """A cell that the kernel would refuse; ``has_class`` if the class is defined in it."""

    cell: int
    line: int
    message: str
    has_class: bool


@dataclass
class Program:
    """The statements in order, and indices over them.

    ``data`` are the statements that load data, train or plot: what they bind depends on a run.
    ``modules`` are the names of the notebook's own modules, which are read as cells; those that lie
    beside it have numbers from ``first_file`` on. ``left_out`` are the numbers of cells that hold
    too much to be read. ``reduced`` are statements of training that hold only what it does beside.
    """

    statements: list[Statement] = field(default_factory=list)
    sources: dict[int, str] = field(default_factory=dict)
    broken: list[BrokenCell] = field(default_factory=list)
    flags: int = 0
    data: set[int] = field(default_factory=set)
    binders: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    killers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    changers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    stars: list[int] = field(default_factory=list)
    steps: int = 0
    modules: set[str] = field(default_factory=set)
    first_file: int = MAX_STATEMENTS
    left_out: list[int] = field(default_factory=list)
    reduced: frozenset[int] = frozenset()

    @property
    def end(self) -> int:
        """The position after the last statement."""
        return len(self.statements)

    def reaching(
        self, name: str, before: int, data: bool = False, loops: bool = False
    ) -> list[int]:
        """The statements that may have bound the name by position ``before``, latest first.

        What only runs on data binds nothing unless ``data`` is asked for, and a loop only what
        nothing simpler binds unless ``loops`` are.

        Raises:
            Ungradable: if the notebook is so tangled that the search takes too long.
        """
        indices = self.binders.get(name, [])
        simple: list[int] = []
        looped: list[int] = []
        for index in reversed(indices[: bisect_left(indices, before)]):
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise Ungradable(_TOO_LARGE)
            statement = self.statements[index]
            if index in self.data and not data:
                continue
            if name in statement.names.deletes:
                break
            aside = isinstance(statement.node, _LOOPS) and not loops
            (looped if aside else simple).append(index)
            if name in statement.names.kills:
                break
        return simple or looped[:1]

    def reaches(self, name: str, start: int, end: int) -> bool:
        """Whether what ``start`` binds the name to is still bound at ``end``."""
        killers = self.killers.get(name, [])
        first = bisect_left(killers, start + 1)
        return start < end and (first == len(killers) or killers[first] >= end)


def read_program(notebook: Notebook) -> Program:
    """Parse the code cells, and the notebook's own modules where they are imported.

    Cells with a syntax error are left out, as a kernel would.

    Raises:
        Ungradable: if there is far more code than any solution holds.
    """
    cells, left_out = split_by_size(notebook.code)
    if any(CLASS_LINE.search(cell.source) for cell in left_out):
        raise Ungradable(_TOO_LARGE)
    reader = _Reader(files_of(notebook))
    reader.program.left_out += [cell.number for cell in left_out]
    for cell in cells:
        reader.read(cell.number, to_python(cell.source), cell.source)
    return indexed(reader.program)


def indexed(program: Program) -> Program:
    """Return the program with the indices over its statements, made anew."""
    program = replace(program, data=set(), binders=_lists(), killers=_lists(), changers=_lists())
    program.stars = []
    _index(program)
    _find_data(program)
    return program


def _lists() -> dict[str, list[int]]:
    return defaultdict(list)


class _Reader:
    """Reads cells, and the notebook's own files as cells of their own where they are asked for."""

    def __init__(self, files: Files) -> None:
        self.program = Program(first_file=files.first)
        self._files = files
        self._texts: dict[str, str] = {}
        self._bound: dict[Part, frozenset[str]] = {}
        self._characters = 0

    def read(self, cell: int, source: str, typed: str) -> None:
        """Add the statements of a cell; ``typed`` is what stands in it, magics included."""
        program = self.program
        source = _with_pylab(source, typed)
        try:
            body = parse(source).body
            if len(body) > MAX_STATEMENTS // 2 and not CLASS_LINE.search(source):
                program.left_out.append(cell)
                return
            if program.end + len(body) > MAX_STATEMENTS:
                raise Ungradable(_TOO_LARGE)
            program.flags |= _future_flags(body)
            run = [self._files.file(path, cell) for path in executed_files(typed, body)]
            body = with_inlined(body, self._texts)
            imports = "import" in typed
            imported = [self._own_modules(node, cell) if imports else {} for node in body]
            body = [as_own(*pair) for pair in zip(body, imported, strict=True)]
            postponed = bool(program.flags & __future__.annotations.compiler_flag)
            parts = [(node, names_of(node, postponed), changes_of(node)) for node in body]
        except SyntaxError as error:
            program.broken.append(_broken(cell, source, error.lineno, error.msg))
            return
        except RecursionError:
            program.broken.append(_broken(cell, source, 1, "the code is nested too deeply"))
            return
        for pieces in run:
            self._bound_by(pieces)
        for place, (node, names, changes) in enumerate(parts):
            for name, pieces in imported[place].items():
                program.modules.add(name)
                names = with_needs(names, node, self._bound_by(pieces))
            statement = Statement(program.end, cell, place, node, names, changes)
            program.statements.append(statement)
        program.sources[cell] = source

    def _own_modules(self, node: ast.stmt, cell: int) -> dict[str, list[Part]]:
        """The pieces of the notebook's own modules that a statement imports, by their names."""
        found = {name: self._files.module(name, cell) for name in imported_modules(node)}
        return {name: pieces for name, pieces in found.items() if pieces}

    def _bound_by(self, pieces: Iterable[Part]) -> frozenset[str]:
        """Read a file where it wasn't yet; the names that it binds."""
        program = self.program
        found: frozenset[str] = frozenset()
        for part in pieces:
            if part not in self._bound:
                self._bound[part] = frozenset()  # a module may import itself in a circle
                start = program.end
                self._characters += len(part.source)
                if self._characters > MAX_CODE:
                    raise Ungradable(_TOO_LARGE)
                self.read(part.cell, to_python(part.source), part.source)
                bound = (s.names.binds for s in program.statements[start:])
                self._bound[part] = frozenset().union(*bound)
            found |= self._bound[part]
        return found


def _with_pylab(source: str, typed: str) -> str:
    """The cell with the imports of ``%pylab``, the one magic that binds names for the class."""
    if "%pylab" not in typed:
        return source
    lines = source.split("\n")
    for index, line in enumerate(typed.split("\n")[: len(lines)]):
        if line.lstrip().startswith("%pylab"):
            lines[index] = "from pylab import *"
    return "\n".join(lines)


def _broken(cell: int, source: str, line: int | None, message: str) -> BrokenCell:
    return BrokenCell(cell, line or 1, message, CLASS_LINE.search(source) is not None)


def _future_flags(body: Iterable[ast.stmt]) -> int:
    flags = 0
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _index(program: Program) -> None:
    for statement in program.statements:
        # A deletion counts only where it brings a builtin back: 'del helper' at the end of the
        # notebook comes too late to hurt.
        restored = statement.names.deletes & BUILTINS
        for name in statement.names.binds | restored:
            program.binders[name].append(statement.index)
        for name in statement.names.kills | restored:
            program.killers[name].append(statement.index)
        changes = statement.changes
        for name in changes.attributes | changes.contents | changes.settings:
            program.changers[name].append(statement.index)
        if statement.names.star:
            program.stars.append(statement.index)


def _find_data(program: Program) -> None:
    """Find the statements that load data, make an instance, train or plot."""
    from_data: set[str] = set()
    classes = {spec.CLASS_NAME}
    for statement in program.statements:
        node = statement.node
        match node:
            case ast.Assign(targets=[ast.Name(id=spec.CLASS_NAME)], value=ast.Name(id=name)):
                classes.add(name)
            case ast.Import(names=aliases):
                for alias in aliases:
                    if alias.name.partition(".")[0] in _DATA_MODULES:
                        from_data.add(alias.asname or alias.name.partition(".")[0])
            case ast.ImportFrom(module=str(module), names=aliases):
                if module.partition(".")[0] in _DATA_MODULES:
                    from_data.update(alias.asname or alias.name for alias in aliases)
        if isinstance(node, _DEFINITIONS):  # they run nothing
            continue
        if not from_data.isdisjoint(statement.names.immediate) or _touches_data(node, classes):
            program.data.add(statement.index)
            from_data |= statement.names.binds
        else:
            from_data -= statement.names.kills


def _touches_data(statement: ast.stmt, classes: set[str]) -> bool:
    for node in executed(statement):
        match node:
            case ast.Attribute(attr="DataLoader") | ast.Name(id="DataLoader"):
                return True
            case ast.Call(func=function) if root(function) in classes:
                return True
    return False
