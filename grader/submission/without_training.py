"""Reduce training loops to what they do for the class: anneal a weight, count, make a bar.

A class may use a name that only the training loop binds, ``beta`` say. Of such a loop, and of
functions that train, only those statements stay which the names in use need.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection
from dataclasses import replace

from grader.assignment import Assignment
from grader.submission.bindings import bindings_of, locals_of
from grader.submission.changes import changes_of
from grader.submission.definitions import makes_model, takes_steps, trains
from grader.submission.local_modules import as_written
from grader.submission.program import Program, indexed
from grader.submission.scopes import names_of
from grader.submission.syntax import FUNCTIONS, LOOPS, calls, executed, first_line

_ROUNDS = 500
"""A reduced loop ends after so many rounds: what would have ended it may be gone."""

_BLOCKS = ("body", "orelse", "finalbody")
_COMPOUND = (*LOOPS, ast.If, ast.With, ast.AsyncWith, ast.Try)


def without_training(program: Program, wanted: Collection[str]) -> Program:
    """Return the program with its training reduced to what the wanted global names need."""
    models = {program.assignment.instance_name}.union(
        *(s.names.binds for s in program.statements if makes_model(program, s))
    )
    acting: set[str] = set()  # functions that do something for the wanted names
    reduced: dict[int, ast.stmt] = {}
    before = -1
    while before < len(acting):
        before = len(acting)
        for statement in program.statements:
            node = statement.node
            if isinstance(node, FUNCTIONS) and node.name not in acting:
                left = _Reducer(program.assignment, wanted, acting, models).reduce(node)
                if left is not None:
                    acting.add(node.name)
                    if takes_steps(program, statement):
                        reduced[statement.index] = left
    for statement in program.statements:
        if trains(program, statement):
            left = _Reducer(program.assignment, wanted, acting, models).reduce(statement.node)
            if left is not None:
                reduced[statement.index] = left
    return _with_reduced(program, reduced) if reduced else program


def _with_reduced(program: Program, reduced: dict[int, ast.stmt]) -> Program:
    """Return the program with these statements in the place of others, on the same lines."""
    statements, sources = list(program.statements), dict(program.sources)
    for index, node in reduced.items():
        old = statements[index]
        names = names_of(node, postponed_annotations=True)
        names.brought = old.names.brought
        names.immediate -= names.brought
        aliases = program.modules.aliases.keys()
        names.immediate |= old.names.immediate & aliases
        names.deferred |= old.names.deferred & aliases
        statements[index] = replace(
            old, node=node, names=names, changes=changes_of(node, program.class_name)
        )
        if not isinstance(old.node, (*_COMPOUND, *FUNCTIONS)):
            continue  # it stays as it is, and others may stand on its lines
        lines = sources[old.cell].split("\n")
        first, last = first_line(old.node) - 1, old.node.end_lineno or old.node.lineno
        written = ast.unparse(as_written(copy.deepcopy(node)))
        text = written.split("\n")
        if len(text) > last - first:
            text = [f"exec({written!r})"]
        lines[first:last] = [*text, *[""] * (last - first - len(text))]
        sources[old.cell] = "\n".join(lines)
    made = replace(program, statements=statements, sources=sources, reduced=frozenset(reduced))
    return indexed(made)


class _Reducer:
    """A reducer of a statement to what binds or changes the wanted names, and what that needs.

    What comes from a model, such as a loss, is not to be had, and neither is what needs it.
    """

    def __init__(
        self,
        assignment: Assignment,
        wanted: Collection[str],
        acting: Collection[str],
        models: Collection[str],
    ) -> None:
        self._class = assignment.class_name
        self._losing = {*assignment.task_by_method, "backward"}
        self._wanted = frozenset(wanted)
        self._acting = frozenset(acting)
        self._lost = set(models)
        self._needed = set(wanted)
        self._acts = False

    def reduce(self, statement: ast.stmt) -> ast.stmt | None:
        """Return what is left of a statement; None if it does nothing for the wanted names."""
        if isinstance(statement, FUNCTIONS):
            self._wanted -= locals_of(statement)
            self._needed &= self._wanted
        self._lose(statement)
        while True:
            before = len(self._needed)
            left = self._reduced(copy.deepcopy(statement))
            if len(self._needed) == before:
                return ast.fix_missing_locations(left) if left and self._acts else None

    def _lose(self, statement: ast.stmt) -> None:
        """Note the names whose values come from a model."""
        simple = [n for n in ast.walk(statement) if isinstance(n, (ast.Assign, ast.AugAssign))]
        count = -1
        while count < len(self._lost):
            count = len(self._lost)
            for node in simple:
                if self._is_lost(node):
                    self._lost |= _bound(node)

    def _is_lost(self, node: ast.AST) -> bool:
        return any(
            (isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in self._lost)
            or (isinstance(n, ast.Attribute) and n.attr in self._losing)
            for n in executed(node)
        )

    def _reduced(self, node: ast.stmt) -> ast.stmt | None:
        if isinstance(node, FUNCTIONS) and node.name not in self._acting:
            node.decorator_list = []
            node.body = self._block(node.body) or [ast.Pass()]
            return node
        if not isinstance(node, _COMPOUND):
            return node if self._keeps(node) else None
        for name in _BLOCKS:
            if hasattr(node, name):
                setattr(node, name, self._block(getattr(node, name)))
        for handler in getattr(node, "handlers", ()):
            handler.body = self._block(handler.body) or [ast.Pass()]
        parts = ast.iter_child_nodes(node)
        head = [part for part in parts if not isinstance(part, (ast.stmt, ast.ExceptHandler))]
        bound = set().union(*map(_bound, head))
        empty = not any(getattr(node, name, ()) for name in _BLOCKS)
        if empty and bound.isdisjoint(self._needed):
            return None
        if any(self._is_lost(part) for part in head):
            return None
        self._note(bound, head)
        node.body = node.body or [ast.Pass()]
        if isinstance(node, ast.Try) and not node.handlers:
            node.finalbody = node.finalbody or [ast.Pass()]
        return _bounded(node) if isinstance(node, LOOPS) else node

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [left for node in body if (left := self._reduced(node)) is not None]

    def _keeps(self, node: ast.stmt) -> bool:
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return True
        changes = changes_of(node, self._class)
        touched = _bound(node) | changes.attributes | changes.contents
        called = {call.func.id for call in calls(node) if isinstance(call.func, ast.Name)}
        if not called.isdisjoint(self._acting):
            self._acts = True
        elif touched.isdisjoint(self._needed) or self._is_lost(node):
            return False
        self._note(touched, [node])
        return True

    def _note(self, touched: Collection[str], nodes: Collection[ast.AST]) -> None:
        self._acts |= not self._wanted.isdisjoint(touched)
        for node in nodes:
            names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
            self._needed.update(n.id for n in names if isinstance(n.ctx, ast.Load))


def _bound(node: ast.AST) -> set[str]:
    """Return the names that a simple statement or an expression binds."""
    return bindings_of([node])[0]


def _bounded(loop: ast.For | ast.AsyncFor | ast.While) -> ast.stmt:
    """Return the loop with a bound on its rounds; without one where there is none to put."""
    loop.orelse = []
    if isinstance(loop, ast.For):
        text = f"__import__('itertools').islice({ast.unparse(loop.iter)}, {_ROUNDS})"
        loop.iter = ast.parse(text, mode="eval").body
    elif isinstance(loop, ast.While):
        end = ast.If(ast.UnaryOp(ast.Not(), loop.test), [ast.Break()], [])
        rounds = ast.parse(f"range({_ROUNDS})", mode="eval").body
        target = ast.Name("__round__", ast.Store())
        return ast.copy_location(ast.For(target, rounds, [end, *loop.body], [], None), loop)
    return loop
