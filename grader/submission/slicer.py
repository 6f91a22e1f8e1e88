"""Follow what the class needs to the statements that meet it.

From the definition of the class on, the statements that bind the names in use are followed back
(Weiser's program slicing, at the granularity of statements), and those that change an included
object later are added. Loading data, training and plotting stay out.
"""

from __future__ import annotations

import ast
from functools import cached_property

from grader.protocol.jobs import ALL_BEFORE, AS_TRAINED, NARROW, WITH_DOUBTFUL
from grader.submission.definitions import first_training, trains
from grader.submission.indirect_changes import may_change, statements_that_change
from grader.submission.kernel_values import FROM_KERNEL, LAST_VALUES, shown_before
from grader.submission.libraries import Libraries, last_use
from grader.submission.missing_imports import (
    MissingImport,
    missing_import,
    note_on_absent_star,
)
from grader.submission.module_names import plain
from grader.submission.program import BUILTINS, Program, Statement
from grader.submission.slices import Definition
from grader.submission.syntax import DEFINITIONS, IMPORTS, executed, named_in_texts

# Modules whose star import may replace a builtin that the class uses (sum, abs, max, pow).
_NUMERIC_MODULES = frozenset(["torch", "numpy", "math"])


class Slicer:
    """The search for the statements that meet all needs of a class.

    A need is a name at a position; it is ``direct`` if a statement needs the name as it runs, and
    not only inside a function that is defined or called there.
    """

    def __init__(self, program: Program, definition: Definition, width: int = NARROW) -> None:
        self.program = program
        self.included: set[int] = set()
        self.notebook_names: set[str] = set()
        self.missing_imports: dict[tuple[str, str], MissingImport] = {}
        self.notes: list[str] = []
        self._class = program.class_name
        self._bound = program.assignment.bound_names
        self._width = width
        self._definition = definition
        self._given: set[int] = set()
        self._is_wide = width >= WITH_DOUBTFUL
        self._end = _end(program, definition)
        self._libraries = Libraries(program, definition.statements[0])
        # Where the methods meet their names, at the latest: what is bound later is none of theirs.
        last = None if self._libraries.used is None else last_use(program)
        if width == AS_TRAINED:
            trained = first_training(program, definition)
            last = self._libraries.used if trained is None else trained
            self._end = self._end if last is None else min(self._end, last + 1)
        self._met = self._end if last is None else min(self._end, last + 1)
        self._waiting: list[tuple[str, int, bool]] = []
        self._seen: set[tuple[str, int, bool]] = set()
        self._unfollowed: list[Statement] = []
        self._followed: set[int] = set()
        for index in definition.statements:
            self._include(index)

    def run(self) -> None:
        """Include all that belongs to a slice of this width."""
        self._settle()
        for index in sorted(self.program.reduced):
            self._include(index)
        self._settle()
        if self._width == ALL_BEFORE:
            self._include_all_before()
        if self._is_wide:
            self._include_doubtful()

    @property
    def needed(self) -> set[str]:
        """The globals that methods need once they run, but for those that the grader binds."""
        late = {name for name, position, _ in self._seen if position == self._met}
        return late.difference(self._bound, [self._class], BUILTINS)

    def _settle(self) -> None:
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
            self._need(name, self._met, False)
        for name in sorted(statement.names.brought):
            self._need(name, index, False)
        for name in sorted(named_in_texts(statement.node) & self.program.binders.keys()):
            for bound in self.program.reaching(name, self._met):
                self._include(bound)
        self._unfollowed.append(statement)

    def _meet(self, name: str, position: int, direct: bool) -> None:
        program = self.program
        late = position == self._met
        if plain(name) in self._bound and late:
            # Bound by the grader to fit the instance under test, in modules that bind it, too.
            self.notebook_names.add(plain(name))
            if name in self._bound:
                return
        wide = self._is_wide
        reaching = program.reaching(name, position, loops=wide)
        if late:
            reaching = self._libraries.at_use(name, reaching)
        if not reaching and (direct or wide):
            reaching = program.reaching(name, position, data=True, loops=wide)
        known = (self._class, *BUILTINS)
        starred = self._stars(name, position)
        if not reaching and late and plain(name) not in known and (wide or not starred):
            # Bound after another definition took the place of this one, or after the last use.
            # What a star import may bind is taken so only where the class fails without it.
            reaching = program.reaching(name, program.end, data=wide, loops=wide)
        if not reaching:
            self._meet_from_elsewhere(name, position)
        for index in reaching:
            if wide and trains(program, program.statements[index]):
                continue
            self._include(index)
            if not late:
                # A function called here needs its globals by now.
                for deferred in program.statements[index].names.deferred:
                    self._need(deferred, position, False)

    def _meet_from_elsewhere(self, name: str, position: int) -> None:
        """Meet the need of a name that no statement binds: a builtin, or from a star import."""
        program = self.program
        module, _, own = name.rpartition(".")
        stars = self._stars(name, position)
        if own in BUILTINS:
            stars = [index for index in stars if _is_numeric(program.statements[index])]
        for index in stars:
            self._include(index)
        if name in LAST_VALUES and position != self._met:
            for index in shown_before(program, position, LAST_VALUES.index(name) + 1):
                self._include(index)
        if own in BUILTINS or name in FROM_KERNEL:
            return
        late = position == self._met
        if missing := missing_import(program, name, position, stars, late):
            place = module, missing.line
            if missing.unless is None or place not in self.missing_imports:
                self.missing_imports[place] = missing
            return
        if name not in program.binders and (note := note_on_absent_star(program, name, stars)):
            self.notes.append(note)
        if stars or not late:
            return
        sources = program.reaching(name, position, data=True)
        if sources:
            cell = program.statements[sources[0]].cell
            self.notes.append(
                f"The class uses the global name {name}, which only code that loads data, trains "
                f"or plots binds (cell {cell}): it is unbound when the class is graded alone."
            )
        elif not module:
            self.notes.append(f"The class uses the name {name}, which the notebook never defines.")
        elif all(program.modules.aliases.get(changed) != module for changed in program.changers):
            self.notes.append(
                f"The class uses the name {own}, which the module {module} never defines: a module "
                "sees none of the notebook's names."
            )

    def _stars(self, name: str, position: int) -> list[int]:
        """Return the star imports before a position that may bind a name."""
        module, statements = name.rpartition(".")[0], self.program.statements
        before = (index for index in self.program.stars if index < position)
        return [index for index in before if statements[index].module == module]

    def _include_all_before(self) -> None:
        """Include all cells up to that of the class's last change, but what trains."""
        program = self.program
        changes = program.changers.get(self._class, ())
        made = self._given.union(changes, self._definition.statements) & self.included
        last_cell = program.statements[max(made)].cell
        for statement in program.statements[: self._end]:
            if statement.cell <= last_cell and not trains(program, statement):
                self._include(statement.index)
        self._settle()

    def _include_doubtful(self) -> None:
        """Include what may change what is included in ways that can't be read.

        What comes after the first use of the class is training, and what is made of it.
        """
        program = self.program
        while True:
            bound = {
                name
                for index in self.included
                if not isinstance(program.statements[index].node, IMPORTS)
                for name in program.statements[index].names.binds
            }.difference(self._bound)
            doubtful = [
                statement.index
                for statement in program.statements[: self._libraries.used or self._end]
                if statement.index not in self.included
                and may_change(program, statement, bound)
                and not trains(program, statement)
            ]
            if not doubtful:
                return
            for index in doubtful:
                self._include(index)
            self._settle()

    def _include_changes(self, statement: Statement) -> None:
        """Include the later statements that change an object which the statement binds."""
        if statement.index in self._followed:
            return
        self._followed.add(statement.index)
        program = self.program
        for bound in statement.names.binds:
            for name in program.same_library(statement, bound):
                for index in program.changers.get(name, ()):
                    later = program.statements[index]
                    if (
                        index not in self.included
                        and index < self._end
                        and index not in program.data
                        and (name != bound or program.reaches(name, statement.index, index))
                        and self._counts(later, name, statement)
                    ):
                        self._include(index)
        if self._class in statement.names.binds:
            self._include_aliased_changes(statement)
            self._include_given(statement)
        if isinstance(statement.node, ast.FunctionDef) and len(statement.names.binds) > 1:
            self._include_calls(statement, statement.node.name)

    def _counts(self, change: Statement, name: str, bound_by: Statement) -> bool:
        """Tell whether a change matters to what ``bound_by`` binds the name to."""
        if name in change.changes.contents and not isinstance(
            bound_by.node, (*DEFINITIONS, *IMPORTS)
        ):
            return True
        if self._libraries.is_bound_by(bound_by):
            changed = change.changes.attributes | change.changes.settings
            return name in changed and self._libraries.reach_class(change)
        return name in change.changes.attributes

    def _include_calls(self, statement: Statement, name: str) -> None:
        """Include the calls of a function that binds globals: its definition binds none yet.

        Those from the first use of the class on are training.
        """
        for index in range(statement.index + 1, self._libraries.used or self._end):
            later = self.program.statements[index]
            if name in later.names.immediate and index not in self.program.data:
                self._include(index)

    def _include_given(self, statement: Statement) -> None:
        """Include ``add_methods(Net)``, a function that sets attributes of the class."""
        for index in self._givers:
            if index > statement.index and index not in self.included:
                self._given.add(index)
                self._include(index)

    @cached_property
    def _givers(self) -> list[int]:
        return statements_that_change(self.program, self._end)

    def _include_aliased_changes(self, statement: Statement) -> None:
        """Follow ``Model = Net``: then ``Model.forward = f`` changes the class too."""
        for other in self.program.statements[statement.index + 1 : self._end]:
            match other.node:
                case ast.Assign(targets=[ast.Name()], value=ast.Name(id=self._class)):
                    self._unfollowed.append(other)


def _is_numeric(statement: Statement) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").partition(".")[0] in _NUMERIC_MODULES
        for node in executed(statement.node)
    )


def _end(program: Program, definition: Definition) -> int:
    """Return where another definition takes over: at the top of its cell."""
    if definition.end == program.end:
        return program.end
    cell = program.statements[definition.end].cell
    first = min(s.index for s in program.statements if s.cell == cell)
    return first if first > definition.statements[0] else definition.end
