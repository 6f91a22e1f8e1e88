"""Whether the cause that is told of a mutant stands in the part of the method that was changed.

``claims.yaml`` says which expressions of the right solutions are which part, and which words would
speak of another one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from grader.vae.spec import CLASS_NAME, TASKS
from tests.accuracy.mutants import Mutant, right_methods
from tests.variant_bank import class_source

Claim = Literal["cause", "form", "exception", "symptom", "wrong part"]
"""What is told: a cause, another shape or type than is asked for, an exception, what differs alone,
or a cause in a part that is right."""

_CAUSE = "That is what comes out if "
_RAISED = "Python's words: "
_FORM = re.compile(r"should (have shape|be a tensor|return) ")
_METHODS = {task.id: task.method.name for task in TASKS}


@cache
def parts() -> Mapping[str, Any]:
    """The parts of each task's method, with ``where`` and ``never``."""
    text = (Path(__file__).parent / "claims.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


def part_of(mutant: Mutant) -> str | None:
    """The part in which a mutant was changed; None where it is the method as a whole."""
    change = re.match(r"(\d+):(\d+) (.*) -> ", mutant.change)
    if not change:
        return None
    line, column, before = int(change[1]), int(change[2]), change[3]
    method = _method(mutant.style, mutant.task)
    fits = [
        (node.end_lineno - node.lineno, node.end_col_offset - node.col_offset, part)  # type: ignore[operator]
        for part, node in _places(mutant.style, mutant.task)
        if (node.lineno, node.col_offset)
        <= (line + method.lineno, column)
        < (node.end_lineno or 0, node.end_col_offset or 0)
        and before in ast.unparse(node)
    ]
    return min(fits)[2] if fits else None


def claim(mutant: Mutant, lost: Mapping[str, str]) -> Claim:
    """What a report tells of a mutant that lost these checks, by id, with what was said."""
    own = [text for check, text in lost.items() if check.split(".")[0] == mutant.task]
    if any(_RAISED in text for text in own):
        return "exception"
    causes = [text.split(_CAUSE, 1)[1] for text in own if _CAUSE in text]
    if not causes:
        return "form" if any(map(_FORM.search, own)) else "symptom"
    part = part_of(mutant)
    never = parts()[mutant.task][part]["never"] if part else r"(?!)"
    return "wrong part" if any(re.search(never, cause) for cause in causes) else "cause"


@cache
def _method(style: str, task: str) -> ast.FunctionDef:
    tree = ast.parse(class_source(*right_methods(style)))
    (vae,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == CLASS_NAME)
    methods = {n.name: n for n in vae.body if isinstance(n, ast.FunctionDef)}
    return methods[_METHODS[task]]


@cache
def _places(style: str, task: str) -> tuple[tuple[str, ast.expr], ...]:
    return tuple(_found(_method(style, task), task))


def _found(method: ast.FunctionDef, task: str) -> Iterator[tuple[str, ast.expr]]:
    for part, entry in parts()[task].items():
        wanted = {ast.dump(ast.parse(text, mode="eval").body) for text in entry["where"]}
        for node in ast.walk(method):
            if isinstance(node, ast.expr) and ast.dump(node) in wanted:
                yield part, node
