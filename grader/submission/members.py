"""Find the functions of the class that is finally in force, however the class was made."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from grader.submission.abstract_execution import Interpreter
from grader.submission.abstract_values import functions_of
from grader.submission.definitions import is_written
from grader.submission.module_names import plain
from grader.submission.program import Program
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
    graded = interpreter.globals.get(program.class_name)
    in_force: dict[str, tuple[Code, ...]] = {}
    every: dict[str, tuple[Code, ...]] = {}
    for kind in reversed(graded.__mro__) if isinstance(graded, type) else ():
        for name, function in functions_of(kind).items():
            every[name] = (*every.get(name, ()), *function.parts)
            if getattr(graded, f".{name}") is function:
                in_force[name] = function.parts
    if interpreter.is_unclear or not isinstance(graded, type):
        known = {n for n in methods & in_force.keys() if is_written(in_force[n][0].node)}
        in_force |= _by_name(program, sorted(included), methods - known)
    return Members(in_force, every)


def _by_name(
    program: Program, included: Sequence[int], wanted: Collection[str]
) -> dict[str, tuple[Code, ...]]:
    """Return for each name the last piece of code that is bound to it."""
    return {
        name: (Code(program.statements[index].cell, node),)
        for index in included
        for name, node in _bound_pieces(program.statements[index].node)
        if isinstance(name, str) and name in wanted
    }


def _bound_pieces(statement: ast.stmt) -> Iterator[tuple[object, ast.stmt | ast.expr]]:
    for node in ast.walk(statement):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield plain(name), node
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
