"""Remember what the checks said, and check only what a change can have touched.

A task depends on its method, on the methods that this one names, and on all code around the
methods. What is compared is the syntax tree, so comments and blank lines change nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.examiner.widening import Checked
from grader.report.result import TaskResult
from grader.submission.slices import Location, Slice
from grader.submission.syntax import first_line, parse
from grader.submission.wider import wider

Announce = Callable[[tuple[TaskResult, ...]], None]

_DYNAMIC = ("getattr", "eval", "exec", "vars", "globals", "locals", "__dict__", "__getattribute__")
"""Code that names one of these may reach any method."""


@dataclass(frozen=True)
class _Code:
    """A slice by what matters: its methods and what is around them, as dumps of syntax trees."""

    methods: Mapping[str, str]
    around: str

    def reached(self, method: str) -> frozenset[str]:
        """Return the methods that may run when ``method`` is called."""
        reached = {method}
        waiting = [self.methods.get(method, ""), self.around]
        while waiting:
            tree = waiting.pop()
            dynamic = any(_names(tree, name) for name in _DYNAMIC)
            more = {name for name in self.methods if dynamic or _names(tree, name)} - reached
            reached |= more
            waiting += [self.methods[name] for name in more]
        return frozenset(reached)


@dataclass(frozen=True)
class _Inputs:
    """The code that a task's results depend on, and the places of its methods in messages."""

    around: str
    flags: int
    methods: Mapping[str, str | None]
    places: Mapping[str, Location | None] = field(compare=False)


@dataclass(frozen=True)
class _Known:
    """The remembered result of a task, the code that it is of, and what was touched."""

    inputs: _Inputs
    task: TaskResult
    touched: frozenset[str]

    def holds(self, inputs: _Inputs) -> bool:
        """Return whether it is still true. Messages name lines, so these have to be the same."""
        is_same_place = not self.task.lost or self.inputs.places == inputs.places
        return self.inputs == inputs and is_same_place and not self.task.is_open


class Memory:
    """An examiner for one notebook that is checked again and again."""

    def __init__(self, grader: Grader, announce: Announce = lambda tasks: None) -> None:
        """Take what is called with tasks of changed methods, while others are still checked."""
        self._grader = grader
        self._announce = announce
        self._known: dict[str, _Known] = {}
        self._methods = {task.id: task.method.name for task in grader.assignment.tasks}

    def examine(self, code: Slice) -> Checked:
        """Return the tasks and what was touched, as `Grader.check` would."""
        trees = _trees(code)
        inputs = {
            task: _inputs(code, trees, trees.reached(method))
            for task, method in self._methods.items()
        }
        known = self._known
        new = [t for t in inputs if t not in known or not known[t].holds(inputs[t])]
        edited = [task for task in new if self._is_edited(task, inputs[task])]
        rest = [task for task in new if task not in edited]
        for batch in filter(None, (edited, rest)):
            checked = self._grader.check(code, self._only(batch))
            results = {task.id: task for task in checked.tasks if task.id in batch}
            for task in batch:
                touched = checked.touched & frozenset(inputs[task].methods)
                known[task] = _Known(inputs[task], results[task], touched)
            if batch is edited and rest:
                self._announce(tuple(results.values()))
        tasks = tuple(self._placed(known[task].task, code) for task in inputs)
        return Checked(tasks, frozenset().union(*(known[t].touched for t in inputs)), code)

    def _is_edited(self, task: str, inputs: _Inputs) -> bool:
        method = self._methods[task]
        known = self._known.get(task)
        return known is not None and known.inputs.methods[method] != inputs.methods[method]

    def _only(self, tasks: Collection[str]) -> Rubric:
        """Return the rubric with the checks of some tasks alone."""
        rubric = self._grader.rubric
        chosen = {c.id for c in self._grader.assignment.checks() if c.task in tasks}
        return replace(rubric, checks={c: p for c, p in rubric.checks.items() if c in chosen})

    def _placed(self, task: TaskResult, code: Slice) -> TaskResult:
        """Return the task where its method stands now."""
        place = code.methods.get(self._methods[task.id])
        return replace(task, location={"cell": place.cell, "line": place.line} if place else None)


def _inputs(code: Slice, trees: _Code, reached: frozenset[str]) -> _Inputs:
    return _Inputs(
        trees.around,
        code.flags,
        {method: trees.methods.get(method) for method in reached},
        {method: code.methods.get(method) for method in reached},
    )


def _names(tree: str, name: str) -> bool:
    """Return whether a dumped tree holds a name, as an attribute, a variable or a text."""
    return f"'{name}'" in tree


def _trees(code: Slice) -> _Code:
    """Take the methods out of the slice; one that is no plain ``def`` stays in what is around."""
    methods: dict[str, str] = {}
    around = []
    for cell in code.cells:
        places = {m: place for m, place in code.methods.items() if place.cell == cell.number}
        taker = _MethodTaker(places, methods)
        body = parse(cell.source).body
        for index in cell.keep:
            kept = taker.visit(body[index])
            if kept is not None:
                around.append(ast.dump(kept))
    for name in code.methods:
        methods.setdefault(name, code.sources[name])
    for more in islice(wider(code), 1):  # what it is examined with where something is lost
        for index in sorted(more.statements - code.statements):
            around.append(ast.dump(more.program.statements[index].node))
    return _Code(methods, "\n".join(around))


class _MethodTaker(ast.NodeTransformer):
    """Removes the functions that stand at some places, and notes them by name."""

    def __init__(self, places: Mapping[str, Location], methods: dict[str, str]) -> None:
        self._places = places
        self._methods = methods

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        """Take a function out if it stands at one of the places."""
        for name, place in self._places.items():
            if (first_line(node), node.end_lineno) == (place.line, place.end_line):
                self._methods[name] = ast.dump(node)
                return None
        return self.generic_visit(node)
