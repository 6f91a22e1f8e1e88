"""A notebook as the sequence of its top-level statements, with indices over their names."""

from __future__ import annotations

import ast
import builtins
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from grader.assignment import Assignment
from grader.submission.changes import Changes
from grader.submission.errors import Ungradable
from grader.submission.files import Files
from grader.submission.module_names import Modules, plain
from grader.submission.scopes import Names
from grader.submission.syntax import DEFINITIONS, IMPORTS, LOOPS, executed, imported, root

BUILTINS = frozenset(dir(builtins))
MAX_STEPS = 1_000_000
NO_CELL = 0
"""The number of what stands in no cell: imports that the notebook lacks."""
TOO_LARGE = (
    "The notebook holds far more code than the assignment needs: hand in only your solution."
)


@dataclass(frozen=True)
class Statement:
    """A top-level statement: number ``index`` of the program, ``place`` in the body of its cell.

    ``module`` is the own module that it stands in, "" for the notebook.
    """

    index: int
    cell: int
    place: int
    node: ast.stmt
    names: Names
    changes: Changes
    module: str = ""


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

    Attributes:
        files: the notebook's files, whose parts have numbers above those of all cells.
        sources: each cell as plain Python, by its number.
        flags: the compiler flags of its ``__future__`` imports.
        steps: how many statements were looked at in searches.
        modules: the notebook's own modules, which are read as cells.
        notes: what there is to say of those.
        left_out: the numbers of cells that hold too much to be read.
        reduced: the statements of training of which only what the class needs is left.
        data: the statements that load data, train or plot: what they bind depends on a run.
        binders: the statements that may bind each name, in order.
        killers: the statements that surely bind each name, in order.
        changers: the statements that change what each name stands for, in order.
        stars: the statements that import all names of a module.
        classes: the names that stand for the class, in modules also.
    """

    assignment: Assignment
    files: Files
    statements: list[Statement] = field(default_factory=list)
    sources: dict[int, str] = field(default_factory=dict)
    broken: list[BrokenCell] = field(default_factory=list)
    flags: int = 0
    steps: int = 0
    modules: Modules = field(default_factory=Modules)
    notes: list[str] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    reduced: frozenset[int] = frozenset()
    # Filled by `indexed`:
    data: set[int] = field(default_factory=set, init=False)
    binders: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list), init=False)
    killers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list), init=False)
    changers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list), init=False)
    stars: list[int] = field(default_factory=list, init=False)
    classes: set[str] = field(default_factory=set, init=False)

    @property
    def class_name(self) -> str:
        """The name of the class that is graded."""
        return self.assignment.class_name

    @property
    def end(self) -> int:
        """The position after the last statement."""
        return len(self.statements)

    def reaching(
        self, name: str, before: int, data: bool = False, loops: bool = False
    ) -> list[int]:
        """Return the statements that may have bound the name by position ``before``, latest first.

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
                raise Ungradable(TOO_LARGE)
            statement = self.statements[index]
            if index in self.data and not data:
                continue
            if name in statement.names.deletes:
                break
            aside = isinstance(statement.node, LOOPS) and not loops
            (looped if aside else simple).append(index)
            if name in statement.names.kills:
                break
        return simple or looped[:1]

    def same_library(self, statement: Statement, name: str) -> Iterator[str]:
        """Yield a name that a statement binds, and by which other modules know that library."""
        yield name
        if isinstance(statement.node, IMPORTS) and self.modules.bound:
            for module in ("", *self.modules.bound):
                other = f"{module}.{plain(name)}".lstrip(".")
                if other != name and self._imports(other):
                    yield other

    def _imports(self, name: str) -> bool:
        statements = (self.statements[index] for index in self.binders.get(name, ()))
        return any(isinstance(statement.node, IMPORTS) for statement in statements)

    def reaches(self, name: str, start: int, end: int) -> bool:
        """Tell whether what ``start`` binds the name to is still bound at ``end``."""
        killers = self.killers.get(name, [])
        first = bisect_left(killers, start + 1)
        return start < end and (first == len(killers) or killers[first] >= end)


def indexed(program: Program) -> Program:
    """Return the program with the indices over its statements, made anew."""
    program = replace(program)
    _index(program)
    _find_classes(program)
    _find_data(program)
    return program


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


def _find_classes(program: Program) -> None:
    """Find the names that imports of own modules give to the class."""
    program.classes.add(program.class_name)
    pairs = [pair for statement in program.statements for pair in own_pairs(statement.node)]
    for bound, source in reversed(pairs):
        if bound in program.classes:
            program.classes.add(source)
    for bound, source in pairs:
        if source in program.classes:
            program.classes.add(bound)


def own_pairs(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the names that an import of own modules binds, and what they are called there."""
    if isinstance(node, ast.Assign) and hasattr(node, "written"):
        targets = getattr(node.targets[0], "elts", node.targets)
        values = getattr(node.value, "elts", [node.value])
        for target, value in zip(targets, values, strict=True):
            if isinstance(target, ast.Name) and isinstance(value, ast.Name):
                yield target.id, value.id


def _find_data(program: Program) -> None:
    """Find the statements that load data, make an instance, train or plot."""
    from_data: set[str] = set()
    name, data_modules = program.class_name, program.assignment.data_modules
    classes = set(program.classes)
    for statement in program.statements:
        node = statement.node
        match node:
            case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Name(id=other)):
                classes |= {other} if bound == name else set()
            case ast.Import() | ast.ImportFrom():
                for bound, path in imported(node):
                    if path.partition(".")[0] in data_modules:
                        from_data.add(bound)
        if isinstance(node, (*DEFINITIONS, *IMPORTS)):  # they run nothing
            continue
        if statement.names.brought:
            from_data.update(bound for bound, source in own_pairs(node) if source in from_data)
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
