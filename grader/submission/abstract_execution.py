"""Execute in the abstract what makes classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import partial
from typing import Any

from grader.submission.abstract_expressions import Evaluator, TooLongError
from grader.submission.abstract_values import (
    LIBRARY,
    Frame,
    Function,
    delete_attribute,
    set_attribute,
)
from grader.submission.changes import annotated_owners
from grader.submission.module_names import plain
from grader.submission.syntax import FUNCTIONS, arguments, imported

_MAX_ROUNDS = 50


class Interpreter(Evaluator):
    """An interpreter of the statements of a notebook, one after the other."""

    def run(self, statement: ast.stmt, cell: int) -> None:
        """Execute a top-level statement."""
        self._cell, self._calls = cell, 0
        try:
            self._statement(statement, Frame(self.globals, ()))
        except (RecursionError, TooLongError):
            self.is_unclear = True

    def _block(self, body: Iterable[ast.AST], frame: Frame) -> None:
        for node in body:
            self._statement(node, frame)

    def _statement(self, node: ast.AST, frame: Frame) -> None:
        self._step()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                function = self._piece(node, frame)
                for decorator in reversed(node.decorator_list):
                    self._decorate(decorator, plain(node.name), function, frame)
                frame.bind(node.name, function)
            case ast.ClassDef():
                frame.bind(node.name, self._class(node, frame))
            case ast.Import() | ast.ImportFrom():
                for name, _ in imported(node):
                    frame.bind(name, LIBRARY)
            case ast.Assign(targets=targets, value=value):
                given = self._value(value, frame)
                for target in targets:
                    self._assign(target, given, value, frame)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self._value(value, frame), value, frame)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target, frame)
            case ast.Global(names=names):
                frame.elsewhere.update(dict.fromkeys(names, self.globals))
            case ast.Nonlocal(names=names):
                for scope in reversed(frame.outer):
                    frame.elsewhere.update({name: scope for name in names if name in scope})
            case ast.Return(value=ast.expr() as value):
                returned = self._value(value, frame)
                frame.returned = frame.returned if returned is None else returned
            case ast.Expr(value=value):
                self._value(value, frame)
            case ast.For():
                given = self._value(node.iter, frame)
                known = isinstance(given, (tuple, dict))
                for item in tuple(given)[:_MAX_ROUNDS] if known else (None,):
                    self._assign(node.target, item, node.iter, frame)
                    self._block(node.body, frame)
                self._block(node.orelse, frame)
            case ast.If(test=ast.Constant(value=value)):
                self._block(node.body if value else node.orelse, frame)
            case _:  # of what may run or not, all is taken to run
                for blocks in ("body", "handlers", "cases", "orelse", "finalbody"):
                    self._block(getattr(node, blocks, ()), frame)

    def _assign(self, target: ast.expr, given: Any, node: ast.expr, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                frame.bind(name, given)
                frame.pieces[name] = self._piece(node, frame)
            case ast.Attribute(value=owner, attr=name):
                self._set(self._value(owner, frame), name, given, node, frame)
            case ast.Subscript(value=owner, slice=ast.expr() as key):
                name, held = self._value(key, frame), self._value(owner, frame)
                if isinstance(held, dict) and isinstance(name, str):
                    held[name] = self._piece(node, frame) if given is None else given
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                nodes = getattr(node, "elts", ())
                for index, part in enumerate(parts):
                    whole = isinstance(given, tuple) and len(given) == len(parts)
                    piece = nodes[index] if len(nodes) == len(parts) else node
                    self._assign(part, given[index] if whole else None, piece, frame)

    def _delete(self, target: ast.expr, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                frame.names.pop(name, None)
            case ast.Attribute(value=owner, attr=name):
                kind = self._value(owner, frame)
                if isinstance(kind, type):
                    delete_attribute(kind, name)

    def _decorate(self, decorator: ast.expr, name: str, function: Function, frame: Frame) -> None:
        """Do what else a decorator does; the function stays, for it names its decorators."""
        given = self._value(decorator, frame)
        node = function.parts[0].node
        if isinstance(node, FUNCTIONS) and (given is not LIBRARY or name in self._methods):
            # '@patch' reads which class to change in the annotation of 'self'.
            for owner in map(partial(self._look_up, frame=frame), annotated_owners(node)):
                if isinstance(owner, type):
                    set_attribute(owner, name, function)
        if isinstance(given, Function):
            self._apply(given, [function], {})
        elif isinstance(decorator, ast.Call):
            # '@add_to(Net)' hands the class to be changed to something that isn't known.
            for argument in arguments(decorator):
                owner = self._value(argument, frame)
                if isinstance(owner, type):
                    set_attribute(owner, name, function)
        else:  # perhaps an instance that is called
            self.is_unclear |= given is None and name in self._methods

    def _class(self, node: ast.ClassDef, frame: Frame) -> type:
        bases = self._all(node.bases, frame)
        for keyword in node.keywords:  # a metaclass may make anything of the body
            self.is_unclear |= self._value(keyword.value, frame) is not LIBRARY
        inside = Frame({}, frame.closure(), is_class=True)
        self._block(node.body, inside)
        for name in inside.pieces.keys() & self._methods:
            if not isinstance(inside.names.get(name), Function):
                inside.names[name] = inside.pieces[name]
        kind = self._made(bases, inside.names)
        for decorator in reversed(node.decorator_list):
            given = self._value(decorator, frame)
            if isinstance(given, Function):
                other = self._apply(given, [kind], {})
                kind = other if isinstance(other, type) else kind
            elif given is not LIBRARY:
                self.is_unclear = True
        return kind
