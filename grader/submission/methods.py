"""Find the functions of the class that is finally in force, however the class was made."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from types import MappingProxyType

from grader.submission.choice import is_written
from grader.submission.interpreter import Interpreter
from grader.submission.program import Program
from grader.submission.shadows import own
from grader.submission.slices import Code, Members


def find_members(program: Program, included: Collection[int]) -> Members:
    """Return the functions of the class that the included statements end with.

    A method of the assignment that can't be followed to its code, or to a stub alone, is taken to
    be what was bound to its name last.
    """
    methods = program.assignment.task_by_method.keys()
    interpreter = Interpreter(methods)
    for index in sorted(included):
        interpreter.run(program.statements[index].node, program.statements[index].cell)
    found = interpreter.globals.get(program.class_name)
    in_force: dict[str, tuple[Code, ...]] = {}
    every: dict[str, tuple[Code, ...]] = {}
    for kind in reversed(found.__mro__) if isinstance(found, type) else ():
        for name, function in own(kind).items():
            every[name] = (*every.get(name, ()), *function.parts)
            if getattr(found, f".{name}") is function:
                in_force[name] = function.parts
    if interpreter.is_unclear or not isinstance(found, type):
        known = {n for n in methods & in_force.keys() if is_written(in_force[n][0].node)}
        in_force |= _by_name(program, sorted(included), methods - known)
    return Members(MappingProxyType(in_force), MappingProxyType(every))


def _by_name(
    program: Program, included: Sequence[int], wanted: Collection[str]
) -> dict[str, tuple[Code, ...]]:
    """Return for each name the last piece of code that is bound to it."""
    found: dict[str, tuple[Code, ...]] = {}
    for index in included:
        statement = program.statements[index]
        for name, node in _bound_pieces(statement.node):
            if isinstance(name, str) and name in wanted:
                found[name] = (Code(statement.cell, node),)
    return found


def _bound_pieces(statement: ast.stmt) -> Iterator[tuple[object, ast.stmt | ast.expr]]:
    for node in ast.walk(statement):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node
            case ast.Assign(
                targets=[
                    ast.Name(id=name)
                    | ast.Attribute(attr=name)
                    | ast.Subscript(slice=ast.Constant(value=name))
                ],
                value=value,
            ):
                yield name, value
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    yield getattr(key, "value", None), value
            case ast.keyword(arg=str(name), value=value):
                yield name, value
            case ast.Call(args=[_, ast.Constant(value=name), value]):
                yield name, value
