"""Add to what failed in a candidate what the student needs to find it: his line, the sizes, names.

A candidate only says where; the text comes from the submission as the examiner reads it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from grader.kit.observation import Failure, Observation, Outcome, Returned
from grader.kit.probe import Call, Probe
from grader.nearest import nearest
from grader.submission.slices import Slice
from grader.submission.syntax import FUNCTIONS

_MOST_OF_SOURCE = 70
_MOST_OF_CELL = 50_000
_LIKENESS = 0.7
_LONGEST_NAME = 40
_MISSING = re.compile(r"(?:'\w+' object has no attribute|name) '(\w+)'")
_ATTRIBUTE = re.compile(r"\bself\.(\w+)")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<![\w.])\d{2,5}(?![\w.])")
"""A number of two digits or more, which may be a size."""


def with_circumstances(observation: Observation, probe: Probe, code: Slice) -> Observation:
    """Return what came of a probe, where each failure says what is known of it.

    A method that holds code and returns None has failed too.
    """
    if not any(isinstance(o, Failure) or _is_none(o) for o in observation.outcomes):
        return observation
    pairs = zip(observation.outcomes, probe.calls, strict=True)
    told = tuple(_told(outcome, call, probe, code) for outcome, call in pairs)
    return replace(observation, outcomes=told)


def _is_none(outcome: Outcome) -> bool:
    return isinstance(outcome, Returned) and any(v.form == "none" for v in outcome.values)


def _told(outcome: Outcome, call: Call, probe: Probe, code: Slice) -> Outcome:
    if isinstance(outcome, Returned):
        if _is_none(outcome) and holds_code(call.method, code):
            return _returned_nothing(call, code)
        backward = outcome.backward
        return replace(outcome, backward=backward and _placed(backward, call, probe, code))
    return _placed(outcome, call, probe, code)


def _returned_nothing(call: Call, code: Slice) -> Failure:
    """Return what is said of a method that is written and returns None."""
    node = _function(call.method, code)
    returns = [part for part in ast.walk(node) if isinstance(part, ast.Return)] if node else []
    valued = [part for part in returns if part.value is not None]
    place = code.methods[call.method]
    line = valued[-1].lineno if valued else place.end_line
    text = "return" if valued else ""
    return Failure("nothing", "call", text=text, cell=place.cell, line=line)


def _placed(failure: Failure, call: Call, probe: Probe, code: Slice) -> Failure:
    if failure.kind != "raised":
        return failure
    return replace(
        failure,
        source=_source(failure, code),
        given=_given(call, probe, code),
        near=_near(failure, call.method, code),
        literal=_literal(failure, call, probe, code),
        is_written=holds_code(call.method, code),
    )


def holds_code(method: str, code: Slice) -> bool:
    """Return whether a method holds more than what stands for code that is yet to be written."""
    node = _function(method, code)
    return node is None or not all(map(_is_empty, node.body))


def _function(method: str, code: Slice) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the method as written; None where it is no plain ``def``."""
    found = code.members.in_force.get(method, ())
    node = found[0].node if found else None
    return node if isinstance(node, FUNCTIONS) else None


def _is_empty(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Raise():
            return True
        case ast.Return(value=None | ast.Constant(value=None)):
            return True
    return False


def _source(failure: Failure, code: Slice) -> str:
    """Return the expression that raised, as written; the line where it is not known."""
    cells = (cell for cell in code.cells if cell.number == failure.cell)
    lines = next((cell.source.split("\n") for cell in cells), [])
    if failure.line is None or failure.line > len(lines):
        return ""
    line = lines[failure.line - 1]
    text = line
    if failure.span is not None:
        start, end_line, end = failure.span
        parts = [part.encode() for part in lines[failure.line - 1 : end_line]]
        if parts:
            rest = parts[-1][end:].decode(errors="replace").lstrip()
            parts[-1] = parts[-1][:end]
            parts[0] = parts[0][start:]
            is_target = rest.startswith("=") and not rest.startswith("==")
            whole = b"\n".join(parts).decode(errors="replace")
            text = line if is_target else whole
    text = " ".join(text.split()).replace("`", "'")
    return text if len(text) <= _MOST_OF_SOURCE else text[: _MOST_OF_SOURCE - 2] + " …"


def _given(call: Call, probe: Probe, code: Slice) -> dict[str, str]:
    """Return the sizes of the model and the arguments of a call, in words."""
    sizes = zip(code.assignment.constructor, probe.sizes, strict=True)
    words = {name: str(size) for name, size in sizes}
    for name, value in call.arguments.items():
        if isinstance(value, np.ndarray):
            words[name] = f"[{', '.join(map(str, value.shape))}]"
        else:
            words[name] = str(value)
    return words


def _literal(failure: Failure, call: Call, probe: Probe, code: Slice) -> str:
    """Return a number of the method's that the exception is about, and no size is equal to."""
    given = call.arguments.values()
    numbers = [n for v in given for n in (v.shape if isinstance(v, np.ndarray) else (v,))]
    sizes = {str(size) for size in (*probe.sizes, *numbers)}
    told = set(_NUMBER.findall(failure.text))
    written = _NUMBER.findall(code.sources.get(call.method, ""))
    return next((number for number in written if number in told - sizes), "")


def _near(failure: Failure, method: str, code: Slice) -> str:
    """Return the name that was probably meant by one that was not found."""
    match = _MISSING.match(failure.text)
    if match is None or len(match[1]) > _LONGEST_NAME:
        return ""
    missing = match[1]
    if failure.type == "NameError":
        if missing in code.members.in_force:
            return f"self.{missing}"
        return _nearest(missing, _WORD.findall(code.sources.get(method, "")[:_MOST_OF_CELL]))
    of_class = {place.cell for place in code.methods.values()}
    sources = (cell.source[:_MOST_OF_CELL] for cell in code.cells if cell.number in of_class)
    attributes = {name for source in sources for name in _ATTRIBUTE.findall(source)}
    return _nearest(missing, {*attributes, *code.members.in_force})


def _nearest(name: str, names: Iterable[str]) -> str:
    others = sorted({other for other in names if other != name and len(other) <= _LONGEST_NAME})
    return nearest(name, others, _LIKENESS)
