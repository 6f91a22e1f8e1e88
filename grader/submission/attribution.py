"""Attribute code to tasks: to those whose methods hold it, or use what holds it.

Names are followed as Python does, so a local variable has nothing to do with a function of that
name elsewhere, and neither has a method of another class.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.submission.bindings import locals_of
from grader.submission.scopes import names_of
from grader.submission.syntax import FUNCTIONS

if TYPE_CHECKING:
    from grader.submission.slices import Slice

_FUNCTIONS = (*FUNCTIONS, ast.Lambda)


@dataclass(frozen=True)
class Attribution:
    """The code of each task.

    Attributes:
        code: by the id of a task the nodes that count as its code: its method, and the helpers that
            this uses, without the other tasks' methods that it calls.
        family: the definitions of the class and its bases.
    """

    code: Mapping[str, frozenset[ast.AST]]
    family: frozenset[ast.AST]

    def tasks_of(self, node: ast.AST) -> list[str]:
        """Return the ids of the tasks that a node belongs to."""
        return [task for task, nodes in self.code.items() if node in nodes]


def attribution_of(sliced: Slice) -> Attribution:
    """Return the code of each task of a slice."""
    scopes = _Scopes()
    for index in sorted(sliced.statements):
        scopes.read(sliced.program.statements[index].node)
    follower = _Follower(sliced, scopes)
    tasks = sliced.assignment.task_by_method
    code = {
        tasks[method]: follower.reached([code.node for code in codes])
        for method, codes in sliced.members.in_force.items()
        if method in tasks
    }
    return Attribution(code, follower.family)


@dataclass(eq=False)
class _Scope:
    """The module or a function: what it binds, and the code that it binds to names."""

    outer: _Scope | None = None
    local: frozenset[str] = frozenset()
    code: dict[str, list[ast.AST]] = field(default_factory=lambda: defaultdict(list))

    def look_up(self, name: str) -> list[ast.AST]:
        """Return the functions, classes and expressions that the name may stand for here."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.code or name in scope.local:
                return scope.code.get(name, [])
            scope = scope.outer
        return []


class _Scopes:
    """The scopes in which the nodes of a slice stand."""

    def __init__(self) -> None:
        self.module = _Scope()
        self.of: dict[ast.AST, _Scope] = {}
        self.in_classes: set[ast.AST] = set()

    def is_global(self, node: ast.AST) -> bool:
        """Tell whether a node stands in no function."""
        return self.of.get(node, self.module) is self.module

    def read(self, statement: ast.stmt) -> None:
        """Note the scopes of a statement and all in it, and what it binds to names."""
        waiting: list[tuple[ast.AST, _Scope, bool]] = [(statement, self.module, False)]
        while waiting:
            node, scope, in_class = waiting.pop()
            self.of[node] = scope
            if in_class or isinstance(node, ast.ClassDef):
                self.in_classes.add(node)
            if not in_class:
                for name, code in _bound(node):
                    scope.code[name].append(code)
            in_class = isinstance(node, ast.ClassDef) or in_class
            inner = scope
            if isinstance(node, _FUNCTIONS):
                inner = _Scope(scope, frozenset(locals_of(node)))
                in_class = False
            waiting.extend((child, inner, in_class) for child in ast.iter_child_nodes(node))


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, node
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _unpacked(target, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value


@dataclass(frozen=True)
class _Uses:
    """The names that a piece of code uses.

    ``members`` are attributes of the instance or its class and ``inherited`` those of ``super()``;
    ``attributes`` are those of other names, and ``bare`` the names that stand alone somewhere.
    """

    names: set[str]
    members: set[str] = field(default_factory=set)
    inherited: set[str] = field(default_factory=set)
    attributes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    bare: set[str] = field(default_factory=set)


def _uses(node: ast.AST, classes: Collection[str]) -> _Uses:
    try:
        names = names_of(node, postponed_annotations=True)
    except RecursionError:
        return _Uses(set())
    uses = _Uses(names.immediate | names.deferred)
    selves = {"self", "cls", *classes}
    if isinstance(node, _FUNCTIONS):
        selves |= {argument.arg for argument in (*node.args.posonlyargs, *node.args.args)[:1]}
    owners = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=attribute):
                uses.inherited.add(attribute)
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id=name), attr="__class__")
                | ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)])
                | ast.Name(id=name) as owner,
                attr=attribute,
            ):
                owners.add(owner)
                (uses.members if name in selves else uses.attributes[name]).add(attribute)
            case ast.Call(
                func=ast.Name(id="getattr"),
                args=[ast.Name(id=name), ast.Constant(value=str(attribute)), *_],
            ) if name in selves:
                uses.members.add(attribute)
    uses.bare.update(
        inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner not in owners
    )
    return uses


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ((ast.Tuple(elts=parts) | ast.List(elts=parts)), _):
            values = getattr(value, "elts", ())
            matching = len(values) == len(parts)
            for index, part in enumerate(parts):
                yield from _unpacked(part, values[index] if matching else value)


class _Follower:
    """The search for the code that a method uses."""

    def __init__(self, sliced: Slice, scopes: _Scopes) -> None:
        self._members = sliced.members
        self._classes = sliced.program.classes
        self._methods = sliced.assignment.task_by_method
        self._scopes = scopes
        every = [code.node for codes in sliced.members.every.values() for code in codes]
        self._own = set(every)
        self.family = frozenset(self._with_bases())
        self._stored: dict[str, list[ast.AST]] = defaultdict(list)
        for kept in (*every, *self.family):
            for node in ast.walk(kept):
                self._note_stored(node)

    def _with_bases(self) -> Iterator[ast.AST]:
        """Yield the definitions that hold functions of the class, and their bases."""
        waiting: list[ast.AST] = [
            node
            for node in self._scopes.of
            if isinstance(node, ast.ClassDef) and not self._own.isdisjoint(ast.walk(node))
        ]
        waiting += [code for name in self._classes for code in self._scopes.module.look_up(name)]
        seen: set[ast.AST] = set()
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.ClassDef) and node not in seen:
                seen.add(node)
                yield node
                for base in node.bases:
                    if isinstance(base, ast.Name):
                        waiting += self._scopes.of[node].look_up(base.id)

    def _note_stored(self, node: ast.AST) -> None:
        """Note values that ``self.noise = Noise()`` or an assignment in a class body stores."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                match target:
                    case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                        self._stored[name].append(node.value)
                    case ast.Name(id=name) if self._scopes.is_global(node):
                        self._stored[name].append(node.value)

    def reached(self, method: list[ast.AST]) -> frozenset[ast.AST]:
        """Return all nodes of a method and of what it uses, without other tasks' methods."""
        in_force = self._members.in_force
        others: set[ast.AST] = {in_force[n][0].node for n in self._methods if n in in_force}
        others.difference_update(method)
        reached: set[ast.AST] = set()
        seen = set(others)
        waiting = list(method)
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            held = list(_nodes(node, others))
            if isinstance(node, ast.expr) and node not in method:
                # It ran long before the method does; only functions in it run then.
                inner = (function for function in held if isinstance(function, ast.Lambda))
                held = [part for function in inner for part in _nodes(function, others)]
            reached.update(held)
            waiting += self._used_by(node)
        return frozenset(reached)

    def _used_by(self, node: ast.AST) -> Iterator[ast.AST]:
        uses = _uses(node, self._classes)
        if node in self._own or node not in self._scopes.in_classes:
            for name in uses.members:
                yield from (code.node for code in self._members.in_force.get(name, ()))
                yield from self._stored.get(name, ())
            for name in uses.inherited:
                yield from (code.node for code in self._members.every.get(name, ()))
        scope = self._scopes.of.get(node, self._scopes.module)
        for name in uses.names - self._classes:
            for code in scope.look_up(name):
                if code in self.family or (
                    isinstance(code, ast.ClassDef) and name not in uses.bare
                ):
                    yield from _functions_in(code, uses.attributes[name])
                elif isinstance(code, ast.Dict):  # a module of the notebook's own, perhaps
                    yield from _values(code, uses.attributes[name])
                    yield code
                else:
                    yield code


def _values(code: ast.Dict, keys: Collection[str]) -> Iterator[ast.AST]:
    for key, value in zip(code.keys, code.values, strict=True):
        if isinstance(key, ast.Constant) and key.value in keys:
            yield value


def _nodes(start: ast.AST, without: set[ast.AST]) -> Iterator[ast.AST]:
    waiting = [start]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in ast.iter_child_nodes(node) if child not in without)


def _functions_in(kind: ast.AST, names: set[str]) -> Iterator[ast.AST]:
    for node in ast.walk(kind):
        if isinstance(node, FUNCTIONS) and node.name in names:
            yield node
