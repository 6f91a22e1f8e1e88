"""Tell which objects a statement changes without binding a name (``Net.forward = f``)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from grader.submission.syntax import LOOPS, arguments, executed, root

_MUTATORS = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
        "__setitem__",
        "register",
    ]
)


@dataclass(frozen=True)
class Changes:
    """The names whose objects get other ``attributes`` or ``contents``.

    ``settings`` are modules of which a default is set (``torch.set_default_dtype``).
    """

    attributes: frozenset[str]
    contents: frozenset[str]
    settings: frozenset[str]


def changes_of(statement: ast.stmt, class_name: str, deferred: bool = False) -> Changes:
    """Return what the statement changes, as far as reading tells.

    With ``deferred`` also what functions change that it only defines. Contents changed in a loop
    don't count: that is where a training loop keeps its losses.
    """
    attributes: set[str | None] = set()
    contents: set[str | None] = set()
    settings: set[str | None] = set()
    for node in ast.walk(statement) if deferred else executed(statement):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                attributes.add(root(node))
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                contents.add(root(node))
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[target, *_]):
                attributes.add(root(target))
            case ast.Call(func=ast.Name(id="exec"), args=[_, *spaces]):
                contents.update(map(root, spaces))
            case ast.Call(func=ast.Attribute(value=ast.Name(id="type"), attr="__setattr__")):
                attributes.update(root(argument) for argument in node.args[:1])
            case ast.Call(func=ast.Attribute(value=owner, attr=method)):
                if method.startswith("set_default_"):
                    settings.add(root(owner))
                elif method in _MUTATORS or (method.endswith("_") and not method.endswith("__")):
                    contents.add(root(owner))
            case ast.FunctionDef(decorator_list=decorators) if node is statement:
                attributes.update(_given_to(decorators, class_name))
                if decorators:
                    attributes.update(annotated_owners(node))
    if isinstance(statement, LOOPS):
        contents.clear()
    return Changes(*(frozenset(filter(None, roots)) for roots in (attributes, contents, settings)))


def _given_to(decorators: list[ast.expr], class_name: str) -> Iterator[str | None]:
    """Yield what decorators may change: ``Net`` in ``@add_to(Net)`` and ``@Net.register``."""
    for decorator in decorators:
        if root(decorator) == class_name:
            yield class_name
        if isinstance(decorator, ast.Call):
            yield from map(root, arguments(decorator))


def annotated_owners(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the names that annotate the first parameter, by which ``@patch`` finds a class."""
    for argument in [*function.args.posonlyargs, *function.args.args][:1]:
        for node in ast.walk(argument.annotation) if argument.annotation else ():
            match node:
                case ast.Name(id=name) | ast.Constant(value=str(name)):
                    yield name
