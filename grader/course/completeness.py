"""A measure of how much of the assignment a notebook holds, to choose among one student's."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.assignment import Assignment
from grader.submission import Notebook, Ungradable, extract, load
from grader.submission.load import MAX_BYTES

_FUNCTION = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)\s*\([^:]{0,500}:", re.MULTILINE)
_TEXTS_AND_COMMENTS = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|#[^\n]*')
_NOTHING = re.compile(r"\s*(?:(?:pass|\.\.\.|return(?: None)?)\s*)*(?:raise\s+NotImplemented|\Z)")
_MOST_TEXT = 500_000


@dataclass(frozen=True)
class Completeness:
    """The parts of the class that a notebook holds.

    Attributes:
        methods: how many of the assignment's methods have code of their own.
        has_class: whether the class is there at all.
        is_readable: whether it could be taken out of the notebook, to be graded.
        was_run: whether the notebook was run before it was saved.
        text: the class and what it needs; "" if it isn't readable.
    """

    methods: int = 0
    has_class: bool = False
    is_readable: bool = False
    was_run: bool = False
    text: str = ""


def read_completeness(path: Path, assignment: Assignment) -> Completeness:
    """Return what the notebook, or script, at ``path`` holds of the class."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES)
        # Thousands of files of a package, say, which needn't be looked at more closely.
        if assignment.class_name.encode() not in content.replace(b"\0", b""):
            return Completeness()
        notebook = load(path)
    except (OSError, Ungradable):
        return Completeness()
    try:
        code = extract(notebook, assignment)
    except Exception:  # whatever it is, who grades the notebook says it, of this one alone
        return _by_text(notebook, assignment)
    written = 0
    for name in assignment.task_by_method:
        parts = code.members.in_force.get(name, ())
        written += bool(parts) and _is_written(parts[0].node)
    return Completeness(written, True, True, notebook.was_run, code.text)


def _is_written(node: ast.stmt | ast.expr) -> bool:
    """Return whether a function does anything before it says that it isn't implemented."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    for statement in node.body:
        match statement:
            case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
                return not name.startswith("NotImplemented")
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Return(value=None | ast.Constant(value=None)):
                return False
            case _:
                return True
    return False


def _by_text(notebook: Notebook, assignment: Assignment) -> Completeness:
    """Return the same of code that Python can't read, by how it looks."""
    text = "\n".join(cell.source for cell in notebook.cells)[:_MOST_TEXT]
    bodies = _bodies(text)
    written = sum(not _NOTHING.match(bodies.get(name, "")) for name in assignment.task_by_method)
    head = rf"(?m)^[ \t]*class\s+{assignment.class_name}\b"
    return Completeness(written, re.search(head, text) is not None, False, notebook.was_run)


def _bodies(text: str) -> dict[str, str]:
    """Return the code of each function: what stands between its head and the next one's."""
    text = _TEXTS_AND_COMMENTS.sub("", text)
    heads: Sequence[re.Match[str]] = list(_FUNCTION.finditer(text))
    ends = [*(head.start() for head in heads), len(text)][1:]
    return {head[1]: text[head.end() : end] for head, end in zip(heads, ends, strict=True)}
