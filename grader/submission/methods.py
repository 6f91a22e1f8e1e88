"""Find where the method of the class that is finally in force was written."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from types import MappingProxyType

from grader import spec
from grader.submission.program import Program, Statement
from grader.submission.slices import Location, first_line
from grader.submission.syntax import executed

_MAX_DEPTH = 50
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Found = dict[str, Location]


def find_methods(program: Program, included: Collection[int]) -> Mapping[str, Location]:
    """The assignment's methods: the name of each that exists -> where it was written."""
    finder = _Finder(program, sorted(included))
    found = finder.methods(spec.CLASS_NAME, program.end)
    wanted = {name: found[name] for name in spec.TASK_BY_METHOD if name in found}
    return MappingProxyType(wanted)


class _Finder:
    def __init__(self, program: Program, included: list[int]) -> None:
        self.program = program
        self.included = included

    def methods(self, name: str, before: int, depth: int = 0) -> _Found:
        """All functions of the class that a name is bound to at a position; empty if none."""
        found: _Found = {}
        if depth > _MAX_DEPTH:
            return found
        index = next(
            (i for i in reversed(self._bound(name, before)) if self._is_class(i, name)), -1
        )
        if index < 0:
            return found
        statement = self.program.statements[index]
        match statement.node:
            case ast.Assign(value=ast.Name(id=other)):
                found = self.methods(other, index, depth + 1)
            case _:
                for node in executed(statement.node):
                    if isinstance(node, ast.ClassDef) and node.name == name:
                        found = self._in_class(node, statement, depth)
        for later in self.included:
            if index < later < before:
                self._apply(self.program.statements[later], name, found, depth)
        return found

    def _bound(self, name: str, before: int) -> list[int]:
        return [i for i in self.included if i < before and name in self._names(i)]

    def _names(self, index: int) -> frozenset[str]:
        return self.program.statements[index].names.binds

    def _is_class(self, index: int, name: str) -> bool:
        node = self.program.statements[index].node
        if isinstance(node, ast.Assign):
            return isinstance(node.value, ast.Name)
        return any(isinstance(n, ast.ClassDef) and n.name == name for n in executed(node))

    def _in_class(self, node: ast.ClassDef, statement: Statement, depth: int) -> _Found:
        found: _Found = {}
        for base in reversed(node.bases):
            if isinstance(base, ast.Name):
                found.update(self.methods(base.id, statement.index, depth + 1))
        self._in_body(node.body, statement, found)
        return found

    def _in_body(self, body: list[ast.stmt], statement: Statement, found: _Found) -> None:
        for node in body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    found[node.name] = _location(statement, node)
                case ast.Assign(targets=targets, value=value):
                    place = self._function(value, statement, found)
                    for target in targets:
                        if isinstance(target, ast.Name):
                            found[target.id] = place
                case ast.If() | ast.Try() | ast.With():
                    for block in ("body", "orelse", "finalbody"):
                        self._in_body(getattr(node, block, []), statement, found)

    def _apply(self, statement: Statement, name: str, found: _Found, depth: int) -> None:
        """Follow what a later statement does to the class called ``name`` (or an alias of it)."""
        if isinstance(statement.node, ast.FunctionDef):
            if name in statement.changes.attributes:
                found[statement.node.name] = _location(statement, statement.node)
            return
        for node in reversed(list(executed(statement.node))):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        match target:
                            case ast.Attribute(value=ast.Name(id=owner), attr=method):
                                if self._same(owner, name):
                                    found[method] = self._function(value, statement, found, depth)
                case ast.Call(
                    func=ast.Name(id="setattr"),
                    args=[ast.Name(id=owner), ast.Constant(value=str(method)), value],
                ):
                    if self._same(owner, name):
                        found[method] = self._function(value, statement, found, depth)
                case ast.Attribute(value=ast.Name(id=owner), attr=method, ctx=ast.Del()):
                    if self._same(owner, name):
                        found.pop(method, None)

    def _same(self, owner: str, name: str) -> bool:
        if owner == name:
            return True
        return any(
            isinstance(node := self.program.statements[index].node, ast.Assign)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
            for index in self._bound(owner, self.program.end)
        )

    def _function(
        self, value: ast.expr, statement: Statement, found: _Found, depth: int = 0
    ) -> Location:
        """Where the function was written that an expression yields; else where the latter was."""
        match value:
            case ast.Name(id=name):
                if name in found and isinstance(statement.node, ast.ClassDef):
                    return found[name]
                for index in reversed(self._bound(name, statement.index)):
                    bound = self.program.statements[index]
                    for node in executed(bound.node):
                        if isinstance(node, _FUNCTIONS) and node.name == name:
                            return _location(bound, node)
                    if isinstance(bound.node, ast.Assign):
                        return _location(bound, bound.node)
            case ast.Attribute(value=ast.Name(id=owner), attr=method):
                others = self.methods(owner, statement.index, depth + 1)
                if method in others:
                    return others[method]
            case ast.Call(args=[first, *_]):
                return self._function(first, statement, found, depth + 1)
        return _location(statement, value)


def _location(statement: Statement, node: ast.stmt | ast.expr) -> Location:
    return Location(statement.cell, first_line(node), node.end_lineno or node.lineno)
