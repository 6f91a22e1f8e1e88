"""Evaluate expressions in the abstract."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from grader.submission.abstract_values import (
    LIBRARY,
    Frame,
    Function,
    Names,
    delete_attribute,
    functions_of,
    get_attribute,
    make_class,
    set_attribute,
)
from grader.submission.program import BUILTINS
from grader.submission.slices import Code
from grader.submission.syntax import FUNCTIONS

_MAX_STEPS = 50_000
_MAX_CALLS = 20
_MAX_LENGTH = 1_000


class TooLongError(Exception):
    """A notebook that computes more than is worth following."""


class Evaluator(ABC):
    """An evaluator of classes, functions, texts, tuples and dicts; all other values are None.

    Attributes:
        globals: the module's names.
        is_unclear: whether something that may make or change a class couldn't be followed.
    """

    def __init__(self, methods: Collection[str]) -> None:
        self._methods = frozenset(methods)
        self.globals: Names = {}
        self.is_unclear = False
        self._cell = 0
        self._steps = 0
        self._calls = 0

    @abstractmethod
    def _block(self, body: Iterable[ast.AST], frame: Frame) -> None:
        """Execute statements."""

    @abstractmethod
    def _assign(self, target: ast.expr, given: Any, node: ast.expr, frame: Frame) -> None:
        """Bind a target to what ``node`` yielded."""

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise TooLongError

    def _piece(self, node: ast.stmt | ast.expr, frame: Frame) -> Function:
        return Function((Code(self._cell, node),), frame.closure())

    def _set(self, owner: Any, name: Any, given: Any, node: ast.expr, frame: Frame) -> None:
        """Set a class's attribute; what isn't known to be a function is where it is written."""
        if not isinstance(owner, type):
            return
        if not isinstance(name, str):
            self.is_unclear = True
        elif isinstance(given, Function):
            set_attribute(owner, name, given)
        else:
            set_attribute(owner, name, self._piece(node, frame) if name in self._methods else None)

    def _made(self, bases: Sequence[Any], names: Names) -> type:
        """Return a class; ``self.forward = f`` in a constructor precedes its own ``forward``."""
        self.is_unclear |= None in bases
        kind = make_class(bases, names)
        for base in kind.__mro__[1:]:
            if "__init_subclass__" in functions_of(base):
                self._apply(functions_of(base)["__init_subclass__"], [kind], {})
        constructor = names.get("__init__")
        if isinstance(constructor, Function):
            frame = Frame({}, constructor.scopes)
            for node in ast.walk(constructor.parts[0].node):
                match node:
                    case ast.Assign(
                        targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value
                    ) if name in self._methods:
                        self._set(kind, name, self._value(value, frame), value, frame)
        return kind

    def _look_up(self, name: str, frame: Frame) -> Any:
        for names in (frame.names, *frame.outer, self.globals):
            if name in names:
                return names[name]
        return LIBRARY if name in BUILTINS else None

    def _value(self, node: ast.expr, frame: Frame) -> Any:
        """Return what an expression yields: a class, function, text, tuple, dict, or None."""
        self._step()
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._look_up(name, frame)
            case ast.Lambda():
                return self._piece(node, frame)
            case ast.Attribute(value=owner, attr=name):
                return get_attribute(self._value(owner, frame), name)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return tuple(self._all(parts, frame))
            case ast.Dict(keys=keys, values=values):
                return self._dict(keys, values, frame)
            case ast.BoolOp(values=parts):
                return next((v for v in self._all(parts, frame) if v is not None), None)
            case ast.IfExp(body=body, orelse=other):
                first, second = self._all([body, other], frame)
                return second if first is None else first
            case ast.NamedExpr(target=target, value=value):
                given = self._value(value, frame)
                self._assign(target, given, value, frame)
                return given
            case ast.BinOp(left=left, op=ast.BitOr() | ast.Add(), right=right):
                first, second = self._all([left, right], frame)
                if isinstance(first, dict) and isinstance(second, dict):
                    return first | second
                if {type(first), type(second)} not in ({str}, {tuple}):
                    return None
                return (first + second)[:_MAX_LENGTH]
            case ast.Subscript(value=owner, slice=ast.expr() as key):
                held, name = self._value(owner, frame), self._value(key, frame)
                return held.get(name) if isinstance(held, dict) and name in held else None
            case ast.Call():
                return self._call(node, frame)
            case ast.ListComp(elt=element) | ast.SetComp(elt=element):
                return (self._value(element, frame),)
        return None

    def _all(self, nodes: Iterable[ast.expr], frame: Frame) -> list[Any]:
        values: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                given = self._value(node.value, frame)
                values += given if isinstance(given, tuple) else [None]
            else:
                values.append(self._value(node, frame))
        return values[:_MAX_LENGTH]

    def _dict(
        self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], frame: Frame
    ) -> dict[str, Any]:
        """Return a dict with texts as keys; unknown values are where they are written."""
        made: dict[str, Any] = {}
        for key, node in zip(keys, values, strict=True):
            value = self._value(node, frame)
            name = None if key is None else self._value(key, frame)
            if isinstance(name, str):
                made[name] = self._piece(node, frame) if value is None else value
            elif key is None and isinstance(value, dict):
                made |= value
            elif not isinstance(key, ast.Constant):
                self.is_unclear = True
        return made

    def _call(self, node: ast.Call, frame: Frame) -> Any:
        arguments = self._all(node.args, frame)
        keywords = self._dict(
            [ast.Constant(k.arg) if k.arg else None for k in node.keywords],
            [k.value for k in node.keywords],
            frame,
        )
        owner = None
        if isinstance(node.func, ast.Attribute):
            owner = self._value(node.func.value, frame)
            function = get_attribute(owner, node.func.attr)
        else:
            function = self._value(node.func, frame)
        if isinstance(function, Function):
            return self._apply(function, arguments, keywords)
        match getattr(node.func, "attr", None) or getattr(node.func, "id", None), arguments:
            case "setattr" | "__setattr__", [kind, name, given, *_]:
                return self._set(kind, name, given, node.args[-1], frame)
            case "delattr" | "__delattr__", [type() as kind, str(name)]:
                return delete_attribute(kind, name)
            case "getattr", [held, str(name), *_]:
                return get_attribute(held, name)
            case "vars", [held]:
                return get_attribute(held, "__dict__")
            case "globals", []:
                return self.globals
            case "dict", _:
                given = dict(
                    pair for held in arguments if isinstance(held, dict) for pair in held.items()
                )
                return given | keywords
            case "update", _ if isinstance(owner, dict):
                for held in [*arguments, keywords]:
                    owner.update(held if isinstance(held, dict) else {})
                return None
            case "items", [] if isinstance(owner, dict):
                return tuple(owner.items())
            case "values", [] if isinstance(owner, dict):
                return tuple(owner.values())
        return self._unknown(function, [*arguments, *keywords.values()])

    def _unknown(self, function: Any, given: list[Any]) -> Any:
        """Return what calling something from elsewhere yields.

        A name, a tuple of bases and the like make a class (``type``, ``types.new_class``, a
        metaclass); else what is handed over comes back, as from ``staticmethod`` or ``partial``.
        """
        for index in range(len(given) - 1):
            if isinstance(given[index], str) and isinstance(given[index + 1], tuple):
                names: dict[str, Any] = {}
                for more in given[index + 2 :]:
                    if isinstance(more, Function):
                        self._apply(more, [names], {})
                    elif isinstance(more, dict):
                        names |= more
                    else:
                        self.is_unclear = True
                return self._made(given[index + 1], names)
        if isinstance(function, type):
            return None  # an instance
        self.is_unclear |= any(isinstance(value, type) for value in given)
        functions = (value for value in given if isinstance(value, Function))
        classes = (value for value in given if isinstance(value, type))
        return next(functions, None) or next(classes, None)

    def _apply(self, function: Function, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Return what a function of the notebook returns; a function that it wraps comes first."""
        code = function.parts[0]
        given = [*arguments, *keywords.values()]
        if not isinstance(code.node, (*FUNCTIONS, ast.Lambda)):
            return self._unknown(None, given)
        self._calls += 1
        if self._calls > _MAX_CALLS:
            raise TooLongError
        cell, self._cell = self._cell, code.cell
        frame = Frame({}, function.scopes)
        frame.names |= self._parameters(code.node.args, arguments, keywords, frame)
        if isinstance(code.node, ast.Lambda):
            result = self._value(code.node.body, frame)
        else:
            self._block(code.node.body, frame)
            result = frame.returned
        self._cell = cell
        self._calls -= 1
        passed = [part for value in given if isinstance(value, Function) for part in value.parts]
        if isinstance(result, Function) and passed:
            return Function(tuple(dict.fromkeys([*passed, *result.parts])), result.scopes)
        return self._unknown(None, given) if result is None else result

    def _parameters(
        self, wanted: ast.arguments, arguments: list[Any], keywords: Names, frame: Frame
    ) -> Names:
        """Return what a call binds a function's parameters to."""
        positional = [argument.arg for argument in (*wanted.posonlyargs, *wanted.args)]
        named = [*positional, *(argument.arg for argument in wanted.kwonlyargs)]
        names: Names = dict.fromkeys(named)
        defaults = self._all(wanted.defaults, frame)
        names.update(zip(reversed(positional), reversed(defaults), strict=False))
        for keyword, default in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True):
            names[keyword.arg] = self._value(default, frame) if default else None
        names.update(zip(positional, arguments, strict=False))
        names |= {name: value for name, value in keywords.items() if name in named}
        if wanted.vararg:
            names[wanted.vararg.arg] = tuple(arguments[len(positional) :])
        if wanted.kwarg:
            names[wanted.kwarg.arg] = {k: v for k, v in keywords.items() if k not in named}
        return names
