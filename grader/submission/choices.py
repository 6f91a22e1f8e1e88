"""Choose the class that is graded, and those that count in its place if they earn more points.

A notebook may define the class several times, and may write it under another name: in a subclass of
the template's class, say, that stays as it was given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter

from grader.submission.cells import Notebook
from grader.submission.definitions import (
    count_written,
    defines_class,
    definitions,
    other_classes,
    subclasses,
    to_compare,
    trained_definitions,
)
from grader.submission.misplaced import listed
from grader.submission.module_names import plain
from grader.submission.program import Program, Statement, own_pairs
from grader.submission.reading import read_program
from grader.submission.slice_cutting import cut_slice
from grader.submission.slices import Definition, Slice
from grader.submission.syntax import FUNCTIONS

_MOST_COMPARED = 300
"""Statements that are cut out for definitions that are compared: far more than a course sees."""
_MOST_RIVALS = 3
"""Each is examined like the one that is chosen, where that one loses something."""
_MOST_NAMED = 6
"""Cells that a sentence names one by one."""
_MOST_NAMES = 4
"""Other names under which the class is looked for, the last ones."""
_rank = attrgetter("rank")


@dataclass(frozen=True)
class Choice:
    """A class that may be graded.

    Attributes:
        code: what it needs.
        written: how many methods of the assignment it has.
        trained: whether the notebook trains it.
        is_named: whether it has the name that the assignment gives.
    """

    code: Slice
    written: int
    trained: bool
    is_named: bool = True

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """What tells which of two classes is graded; of equal ones it is the later."""
        return self.written, self.trained, self.is_named

    @property
    def place(self) -> tuple[int, int]:
        """The cell and the line of the definition."""
        return _place(self.code.program, self.code.definition)

    @cached_property
    def tree(self) -> tuple[str, ...]:
        """What it is made of, wherever it stands."""
        statements = self.code.program.statements
        return tuple(ast.dump(statements[index].node) for index in sorted(self.code.statements))


def find_choices(notebook: Notebook, program: Program, latest: bool = False) -> list[Choice]:
    """Return the class that is graded, and then its rivals; none if there is no such class.

    Rivals are those with as many methods that the notebook trains or ends with: the class counts as
    it is at the end or as it was trained. The class by its own name is always one, and by other
    names one at most.
    """
    if latest:
        return _choices_of(program, latest=True)
    named = _choices_of(program)
    if not named:
        return []
    best = max(named, key=_rank)
    others = [
        choice
        for choice in _choices_of_others(notebook, program, best)
        # What extends a class that is written and trained is an exercise of its own.
        if (choice.written, choice.trained) > (best.written, best.trained)
        and not best.code.statements.issuperset(choice.code.definition.statements)
    ]
    counting = [
        choice
        for choice in named
        if choice is best
        or (choice.written == best.written and (choice.trained or choice is named[0]))
    ]
    different: dict[tuple[str, ...], Choice] = {}
    for choice in sorted([*counting, *sorted(others, key=_rank)[-1:]], key=_rank, reverse=True):
        different.setdefault(choice.tree, choice)
    return list(different.values())[: 1 + _MOST_RIVALS]


def choice_notes(program: Program, choice: Choice, choices: Sequence[Choice]) -> Iterator[str]:
    """Say which class is graded, where a person may think of another.

    ``choices`` are the class that was chosen, and its rivals, one of which ``choice`` may be.
    """
    name, (cell, line) = program.class_name, choice.place
    last = program.reaching(name, program.end, data=True)
    if last and not defines_class(program, program.statements[last[0]]):
        yield (
            f"Cell {program.statements[last[0]].cell} binds the name {name} to something that is "
            "no class; the class defined before it was graded."
        )
    if any(broken.has_class and broken.cell > cell for broken in program.broken):
        at = max(broken.cell for broken in program.broken if broken.has_class)
        yield (
            f"The class {name} in cell {at} has a syntax error; the one in cell {cell} was graded."
        )
    why = _why(choice, choices)
    if not choice.is_named:
        own = choice.code.assignment.class_name
        yield (
            f"The class {own} in cell {cell}, line {line}, was graded in the place of {name}: "
            f"{why}."
        )
        return
    compared = definitions(program)
    places = {_place(program, definition) for definition in compared}
    apart = any(not choice.code.statements.issuperset(d.statements) for d in compared)
    if apart and len(places) > 1:  # one place is a class that is imported more than once
        cells = sorted({cell for cell, _ in places})
        yield (
            f"The class {name} is defined in {_places(cells)}. The one in cell {cell}, "
            f"line {line}, was graded: {why}."
        )
    elif choice is not choices[0]:
        yield f"The class {name} in cell {cell}, line {line}, was graded: {why}."


def _place(program: Program, definition: Definition) -> tuple[int, int]:
    """Return cell and line of a class, be it in a module that the notebook imports it from."""
    statement = program.statements[definition.statements[0]]
    source = _source(statement, program.class_name)
    while reaching := program.reaching(source, statement.index, data=True):
        statement = program.statements[reaching[0]]
        source = _source(statement, source)
    return statement.cell, statement.node.lineno


def _source(statement: Statement, name: str) -> str:
    """Return the name in a module that a statement binds a name to; "" if it is none of one."""
    match statement.node:
        case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Name(id=source) as value):
            if bound == name and hasattr(value, "written"):
                return source
    return dict(own_pairs(statement.node)).get(name, "")


def _places(cells: Sequence[int]) -> str:
    """Name the cells that define the class more than once: all, or of many the first and last."""
    if len(cells) == 1:
        return f"cell {cells[0]}, more than once"
    if len(cells) > _MOST_NAMED:
        return (
            f"{len(cells)} cells, the first of them cell {cells[0]} and the last cell {cells[-1]}"
        )
    return f"cells {listed(list(cells))}"


def _why(choice: Choice, choices: Sequence[Choice]) -> str:
    """Say why a class is graded: for what was read of it, or for its points."""
    chosen = choices[0]
    if choice is not chosen:
        kind = "the one" if choice.is_named and chosen.is_named else chosen.code.program.class_name
        return f"it earns more points than {kind} in cell {chosen.place[0]}, line {chosen.place[1]}"
    if not choice.is_named and choice.written == max(c.written for c in choices if c.is_named):
        return "as many methods are written there, and the notebook trains it"
    most = "most methods are written there"
    return f"{most}, and the notebook trains it" if choice.trained else most


def _choices_of(program: Program, latest: bool = False) -> list[Choice]:
    """Return the definitions of the program's class, the latest first; or the ``latest`` alone."""
    trained = frozenset[int]() if latest else trained_definitions(program)
    found = definitions(program)[: 1 if latest else None]
    choices: dict[Definition, Choice] = {}
    for definition in to_compare(program, found, trained):
        if sum(len(choice.code.statements) for choice in choices.values()) < _MOST_COMPARED:
            code = cut_slice(program, definition)
            written = count_written(code.members, program.assignment.task_by_method)
            is_trained = not trained.isdisjoint(definition.statements)
            choices[definition] = Choice(code, written, is_trained)
    return [choices[definition] for definition in found if definition in choices]


def _choices_of_others(notebook: Notebook, program: Program, best: Choice) -> Iterator[Choice]:
    """Yield the best definition of each class that may be meant under another name.

    ``best`` is that of the class by its own name.
    """
    names = subclasses(program) if best.written else other_classes(program)
    for name in list(dict.fromkeys(map(plain, names)))[-_MOST_NAMES:]:
        found = _choices_of(read_program(notebook, replace(program.assignment, class_name=name)))
        fitting = [choice for choice in found if _fits(choice.code)]
        if fitting:
            yield replace(max(fitting, key=_rank), is_named=False)


def _fits(code: Slice) -> bool:
    """Tell whether all methods take what the assignment gives: no label, as a conditional one."""
    methods = (task.method for task in code.assignment.tasks)
    return all(
        _takes(part.node, len(method.parameters))
        for method in methods
        for part in code.members.in_force.get(method.name, ())[:1]
    )


def _takes(function: ast.AST, count: int) -> bool:
    """Tell whether a method can be called with so many arguments."""
    if not isinstance(function, FUNCTIONS) or function.decorator_list:
        return True
    wanted = function.args
    most = len(wanted.posonlyargs) + len(wanted.args) - 1
    needed = most - len(wanted.defaults) + wanted.kw_defaults.count(None)
    return needed <= count and (count <= most or wanted.vararg is not None)
