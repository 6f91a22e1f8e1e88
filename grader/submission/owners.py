"""Which tasks a line of code belongs to: the methods that hold it, or that call what holds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader import spec
from grader.submission.program import Program
from grader.submission.slices import Location, Slice, first_line

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class _Function:
    """A function of the notebook: the global names and the attributes of ``self`` that it uses."""

    name: str
    place: Location
    is_method: bool
    names: frozenset[str]
    own_attributes: frozenset[str]


Owners = Mapping[str, tuple[Location, ...]]
"""Task id -> the lines that count as its code: the method and the helpers that it calls."""


def find_owners(program: Program, part: Slice) -> Owners:
    """The code of each task, without the other tasks' methods that it calls."""
    functions = list(_functions(program))
    own = set(part.methods.values())
    owners = {}
    for method, place in part.methods.items():
        places = [place]
        waiting = [function for function in functions if function.place == place]
        while waiting:
            caller = waiting.pop()
            for callee in functions:
                called = callee.name in (
                    caller.own_attributes if callee.is_method else caller.names
                )
                if called and callee.place not in own and callee.place not in places:
                    places.append(callee.place)
                    waiting.append(callee)
        owners[spec.TASK_BY_METHOD[method]] = tuple(places)
    return owners


def tasks_at(owners: Owners, cell: int, line: int) -> list[str]:
    """The tasks that a line belongs to."""
    return [
        task
        for task, places in owners.items()
        if any(place.cell == cell and place.line <= line <= place.end_line for place in places)
    ]


def _functions(program: Program) -> Iterator[_Function]:
    """The functions and methods of the notebook, without those inside other functions."""
    for statement in program.statements:
        waiting: list[tuple[ast.AST, bool]] = [(statement.node, False)]
        while waiting:
            node, in_class = waiting.pop()
            if isinstance(node, _FUNCTIONS):
                place = Location(statement.cell, first_line(node), node.end_lineno or node.lineno)
                yield _Function(node.name, place, in_class, *_references(node))
                continue
            inside = in_class or isinstance(node, ast.ClassDef)
            waiting.extend((child, inside) for child in ast.iter_child_nodes(node))


def _references(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[frozenset[str], ...]:
    parameters = [*function.args.posonlyargs, *function.args.args]
    selves = {parameter.arg for parameter in parameters[:1]} | {spec.CLASS_NAME}
    names: set[str] = set()
    attributes: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name):
                names.add(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if owner in selves:
                attributes.add(attribute)
    return frozenset(names), frozenset(attributes)
