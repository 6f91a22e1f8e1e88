"""Remembers what the checks said, and checks only what a change can have touched.

A task depends on its method, on the methods that this one names, and on all code around the
methods. What is compared is the syntax tree, so comments and blank lines change nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from grader.examiner.grading import Checked
from grader.examiner.rubric import Rubric
from grader.report.result import TaskResult
from grader.submission.slices import Location, Slice
from grader.submission.syntax import first_line, parse
from grader.submission.wider import wider
from grader.vae import spec

Check = Callable[[Slice, Rubric], Checked]
Tell = Callable[[tuple[TaskResult, ...]], None]

_DYNAMIC = ("getattr", "eval", "exec", "vars", "globals", "locals", "__dict__", "__getattribute__")
"""Code that names one of these may reach any method."""

_METHOD_OF = {task.id: task.method.name for task in spec.TASKS}


@dataclass(frozen=True)
class _Code:
    """A slice by what matters: its methods and what is around them, as syntax trees in words."""

    methods: Mapping[str, str]
    around: str

    def reached(self, method: str) -> frozenset[str]:
        """The methods that may run when ``method`` is called."""
        found = {method}
        waiting = [self.methods.get(method, ""), self.around]
        while waiting:
            tree = waiting.pop()
            dynamic = any(_names(tree, name) for name in _DYNAMIC)
            more = {name for name in self.methods if dynamic or _names(tree, name)} - found
            found |= more
            waiting += [self.methods[name] for name in more]
        return frozenset(found)


@dataclass(frozen=True)
class _Needs:
    """What a task's results depend on; ``places`` is where the messages say that things are."""

    around: str
    flags: int
    methods: Mapping[str, str | None]
    places: Mapping[str, Location | None]

    def is_same_code(self, other: _Needs) -> bool:
        return replace(self, places={}) == replace(other, places={})


@dataclass(frozen=True)
class _Known:
    """What is known of a task, of which code it is known, and what was touched."""

    needs: _Needs
    task: TaskResult
    touched: frozenset[str]

    def holds(self, needs: _Needs) -> bool:
        """Whether it is still true. Messages name lines, so these have to be the same."""
        statuses = {check.status for check in self.task.checks}
        if "grader_error" in statuses or not self.needs.is_same_code(needs):
            return False
        return statuses <= {"passed"} or self.needs.places == needs.places


class Memory:
    """An examiner for one notebook that is checked again and again."""

    def __init__(self, check: Check, rubric: Rubric, tell: Tell = lambda tasks: None) -> None:
        """``tell`` hears of tasks whose own method changed, when others are still to be checked."""
        self._check = check
        self._rubric = rubric
        self._tell = tell
        self._known: dict[str, _Known] = {}

    def examine(self, code: Slice) -> Checked:
        """The tasks and what was touched, as `Grader.check` would find them."""
        trees = _trees(code)
        needs = {
            task: _needs(code, trees, trees.reached(method)) for task, method in _METHOD_OF.items()
        }
        known = self._known
        new = [task for task in needs if task not in known or not known[task].holds(needs[task])]
        edited = [task for task in new if self._is_edited(task, needs[task])]
        rest = [task for task in new if task not in edited]
        for batch in (edited, rest):
            if not batch:
                continue
            tasks, touched = self._check(code, self._only(batch))
            found = {task.id: task for task in tasks if task.id in batch}
            for task in batch:
                own = touched & frozenset(needs[task].methods)
                known[task] = _Known(needs[task], found[task], own)
            if batch is edited and rest:
                self._tell(tuple(found.values()))
        results = tuple(_placed(known[task].task, code) for task in needs)
        return results, frozenset().union(*(known[task].touched for task in needs))

    def _is_edited(self, task: str, needs: _Needs) -> bool:
        method = _METHOD_OF[task]
        known = self._known.get(task)
        return known is not None and known.needs.methods[method] != needs.methods[method]

    def _only(self, tasks: list[str]) -> Rubric:
        checks = self._rubric.checks
        return replace(
            self._rubric, checks={c: p for c, p in checks.items() if c.split(".")[0] in tasks}
        )


def _needs(code: Slice, trees: _Code, reached: frozenset[str]) -> _Needs:
    return _Needs(
        trees.around,
        code.flags,
        {method: trees.methods.get(method) for method in reached},
        {method: code.methods.get(method) for method in reached},
    )


def _placed(task: TaskResult, code: Slice) -> TaskResult:
    """The task where its method stands now."""
    place = code.methods.get(_METHOD_OF[task.id])
    return replace(task, location={"cell": place.cell, "line": place.line} if place else None)


def _names(tree: str, name: str) -> bool:
    """Whether a tree in words holds a name, as an attribute, a variable or a text."""
    return f"'{name}'" in tree


def _trees(code: Slice) -> _Code:
    """Takes the methods out of the slice; one that is no plain ``def`` stays in what is around."""
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
        methods.setdefault(name, code.method_source(name) or "")
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
        for name, place in self._places.items():
            if (first_line(node), node.end_lineno) == (place.line, place.end_line):
                self._methods[name] = ast.dump(node)
                return None
        return self.generic_visit(node)
