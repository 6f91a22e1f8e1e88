"""Extract the part of a notebook that the class needs: a program slice of top-level statements.

From the definition of the class on, the statements that bind the names in use are followed back
(Weiser's program slicing, at the granularity of statements), and those that change an included
object later are added. Loading data, training and plotting stay out.
"""

from __future__ import annotations

import ast
from difflib import get_close_matches
from types import MappingProxyType

from grader import spec
from grader.submission.cells import Notebook
from grader.submission.errors import Ungradable
from grader.submission.libraries import Libraries, libraries_of
from grader.submission.methods import find_members
from grader.submission.misplaced import (
    notes_on_cells,
    stray_notes,
    why_misplaced,
    why_unreadable,
)
from grader.submission.program import BUILTINS, Program, Statement, read_program
from grader.submission.slices import Slice, SliceCell
from grader.submission.syntax import executed, named_in_texts, root

# Modules whose star import may replace a builtin that the class uses (sum, abs, max, pow).
_NUMERIC_MODULES = frozenset(["torch", "numpy", "math"])
_FROM_KERNEL = frozenset(
    [
        "__name__",
        "__file__",
        "__doc__",
        "__builtins__",
        "__class__",
        "display",
        "exit",
        "get_ipython",
        "quit",
        "In",
        "Out",
        "_",
    ]
)
_COLLECTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def extract(notebook: Notebook) -> Slice:
    """The slice of the notebook that the class ``VAE`` needs, as the kernel would end up with it.

    Raises:
        Ungradable: if no cell that Python can read defines the class.
    """
    program = read_program(notebook)
    slicer = _Slicer(notebook, program)
    slicer.include_class()
    slicer.run()
    notes = [*notebook.notes, *notes_on_cells(notebook, program), *slicer.notes]
    cells: dict[int, list[int]] = {}
    for index in sorted(slicer.included):
        statement = program.statements[index]
        cells.setdefault(statement.cell, []).append(statement.place)
    members = find_members(program, slicer.included)
    found = members.in_force
    notes += stray_notes(notebook, program, cells, found)
    places = {name: found[name][0].place for name in spec.TASK_BY_METHOD if name in found}
    return Slice(
        tuple(SliceCell(n, program.sources[n], tuple(keep)) for n, keep in cells.items()),
        MappingProxyType(places),
        frozenset(slicer.notebook_names),
        tuple(dict.fromkeys(notes)),
        program.flags,
        program,
        members,
    )


class _Slicer:
    """Follows needs to the statements that meet them until none is left.

    A need is a name at a position; it is ``direct`` if a statement needs the name as it runs, and
    not only inside a function that is defined or called there.
    """

    def __init__(self, notebook: Notebook, program: Program) -> None:
        self.notebook = notebook
        self.program = program
        self.included: set[int] = set()
        self.notebook_names: set[str] = set()
        self.notes: list[str] = []
        self._libraries = Libraries(program, program.end, None)
        self._waiting: list[tuple[str, int, bool]] = []
        self._seen: set[tuple[str, int, bool]] = set()
        self._unfollowed: list[Statement] = []
        self._followed: set[int] = set()

    def include_class(self) -> None:
        """Include the definitions of the class with which a kernel would end."""
        program = self.program
        reaching = program.reaching(spec.CLASS_NAME, program.end, data=True)
        position = program.end
        while reaching and not _defines_class(program.statements[reaching[0]]):
            position = reaching[0]
            self.notes.append(
                f"Cell {program.statements[position].cell} binds the name {spec.CLASS_NAME} to "
                "something that is no class; the class defined before it was graded."
            )
            reaching = program.reaching(spec.CLASS_NAME, position, data=True)
        if not reaching:
            raise Ungradable(_no_class(self.notebook, program))
        graded = program.statements[reaching[0]].cell
        broken = [b for b in program.broken if b.has_class and b.cell > graded]
        if broken:
            self.notes.append(
                f"The class {spec.CLASS_NAME} in cell {broken[-1].cell} has a syntax error; "
                f"the one in cell {graded} was graded."
            )
        self._libraries = libraries_of(program, reaching[0])
        for index in reaching:
            self._include(index)

    def run(self) -> None:
        """Meet all needs, and follow what is done later to all that is included."""
        while self._waiting or self._unfollowed:
            if self._waiting:
                self._meet(*self._waiting.pop())
            else:
                self._include_changes(self._unfollowed.pop())

    def _need(self, name: str, position: int, direct: bool) -> None:
        need = (name, position, direct)
        if need not in self._seen:
            self._seen.add(need)
            self._waiting.append(need)

    def _include(self, index: int) -> None:
        if index in self.included:
            return
        self.included.add(index)
        statement = self.program.statements[index]
        for name in sorted(statement.names.immediate):
            self._need(name, index, True)
        for name in sorted(statement.names.deferred):
            self._need(name, self.program.end, False)
        for name in sorted(named_in_texts(statement.node) & self.program.binders.keys()):
            for bound in self.program.reaching(name, self.program.end):
                self._include(bound)
        self._unfollowed.append(statement)

    def _meet(self, name: str, position: int, direct: bool) -> None:
        program = self.program
        if name in spec.NOTEBOOK_NAMES and position == program.end:
            self.notebook_names.add(name)  # bound by the grader to fit the instance under test
            return
        reaching = program.reaching(name, position)
        if position == program.end:
            reaching = self._libraries.at_use(name, reaching)
        if not reaching and direct:
            reaching = program.reaching(name, position, data=True)
        if not reaching:
            self._meet_from_elsewhere(name, position)
        for index in reaching:
            self._include(index)
            if position != program.end:
                # A function called here needs its globals by now.
                for deferred in program.statements[index].names.deferred:
                    self._need(deferred, position, False)

    def _meet_from_elsewhere(self, name: str, position: int) -> None:
        """A name that no statement binds: a builtin, from a star import, or nowhere."""
        program = self.program
        stars = [index for index in program.stars if index < position]
        if name in BUILTINS:
            stars = [index for index in stars if _is_numeric(program.statements[index])]
        for index in stars:
            self._include(index)
        if stars or name in BUILTINS or name in _FROM_KERNEL or position != program.end:
            return
        sources = program.reaching(name, position, data=True)
        if sources:
            cell = program.statements[sources[0]].cell
            self.notes.append(
                f"The class uses the global name {name}, which only code that loads data, trains "
                f"or plots binds (cell {cell}): it is unbound when the class is graded alone."
            )
        else:
            self.notes.append(f"The class uses the name {name}, which the notebook never binds.")

    def _include_changes(self, statement: Statement) -> None:
        """Include the later statements that change an object which the statement binds."""
        if statement.index in self._followed:
            return
        self._followed.add(statement.index)
        program = self.program
        for name in statement.names.binds:
            for index in program.changers.get(name, ()):
                later = program.statements[index]
                if (
                    index not in self.included
                    and index not in program.data
                    and program.reaches(name, statement.index, index)
                    and self._counts(later, name, statement)
                ):
                    self._include(index)
        if spec.CLASS_NAME in statement.names.binds:
            self._include_aliased_changes(statement)
        if isinstance(statement.node, ast.FunctionDef):
            self._include_calls(statement, statement.node.name)

    def _counts(self, change: Statement, name: str, bound_by: Statement) -> bool:
        """Whether a change matters to what ``bound_by`` binds the name to."""
        if name in change.changes.contents and not isinstance(bound_by.node, _COLLECTED):
            return True
        if self._libraries.is_bound_by(bound_by):
            changed = change.changes.attributes | change.changes.settings
            return name in changed and self._libraries.reach_class(change)
        return name in change.changes.attributes

    def _include_calls(self, statement: Statement, name: str) -> None:
        """Include the calls of a function that binds globals: its definition binds none yet.

        Those from the first use of the class on are training.
        """
        if statement.names.binds <= {name}:
            return
        for index in range(statement.index + 1, self._libraries.used or self.program.end):
            later = self.program.statements[index]
            if name in later.names.immediate and index not in self.program.data:
                self._include(index)

    def _include_aliased_changes(self, statement: Statement) -> None:
        """``Model = VAE`` and then ``Model.elbo = f`` changes the class too."""
        for other in self.program.statements[statement.index + 1 :]:
            match other.node:
                case ast.Assign(targets=[ast.Name()], value=ast.Name(id=spec.CLASS_NAME)):
                    self._unfollowed.append(other)


def _defines_class(statement: Statement) -> bool:
    """False for ``VAE = VAE(784, 32)`` and ``VAE = None``, which replace the class."""
    match statement.node:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            called = isinstance(value, ast.Call) and root(value) == spec.CLASS_NAME
            return not called and not isinstance(value, ast.Constant)
    return True


def _is_numeric(statement: Statement) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").partition(".")[0] in _NUMERIC_MODULES
        for node in executed(statement.node)
    )


def _no_class(notebook: Notebook, program: Program) -> str:
    """Why there is no class, in one sentence."""
    name = spec.CLASS_NAME
    for broken in reversed(program.broken):
        if broken.has_class:
            return why_unreadable(notebook, broken)
    if misplaced := why_misplaced(notebook):
        return misplaced
    classes = [
        node.name
        for statement in program.statements
        for node in executed(statement.node)
        if isinstance(node, ast.ClassDef)
    ]
    similar = [
        found
        for found in dict.fromkeys(classes)
        if name.lower() in found.lower()
        or "autoencoder" in found.lower().replace("_", "")
        or get_close_matches(found.lower(), [name.lower()])
    ]
    if similar:
        listed = " and ".join(similar[:3])
        return f"The notebook defines no class {name}, but {listed}: name the class {name}."
    if program.broken:
        cell, line = program.broken[0].cell, program.broken[0].line
        return (
            f"The notebook defines no class {name}, and cell {cell} has a syntax error in line "
            f"{line}: correct it, restart the kernel and run all cells."
        )
    return f"The notebook defines no class {name}: hand in the notebook with your solution."
