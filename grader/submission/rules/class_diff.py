"""Compare the class, outside its blocks, with the template's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from grader.submission.program import Program
from grader.submission.rules.canonical import canonical
from grader.submission.slices import Slice
from grader.submission.syntax import first_line, parse, parsed

_MARK = re.compile(r"(?P<indent>[ \t]*)#{40,}[ \t]*")
_CALLED_OTHERWISE = ("staticmethod", "classmethod", "property")
"""Decorators that change how a method is called; others leave its signature."""
_PLACEHOLDERS = ("...", "raise NotImplementedError", "raise NotImplementedError()")


@dataclass(frozen=True)
class Edit:
    """An edit, and the task whose method it is in, if any."""

    cell: int
    line: int
    message: str
    task: str | None = None


def class_edits(part: Slice, template: Program) -> list[Edit]:
    """Return the edits of the class that is graded, and what changes it elsewhere."""
    class_name = template.class_name
    theirs = _class(part.program, part.statements)
    ours = _class(template, range(template.end))
    if theirs is None or ours is None:
        return []
    cell, node = theirs
    given = ours[1]
    edits = []
    bases = _ends(node.bases)
    if bases == [class_name]:
        edits.append(Edit(cell, node.lineno, "The class is defined in more than one piece."))
    elif bases != _ends(given.bases):
        edits.append(Edit(cell, node.lineno, "The class's bases were changed."))
    originals = {_name(member): member for member in given.body}
    # An instance may have a method from elsewhere: a base, an earlier piece, or an assignment.
    names = {_name(member) for member in node.body} | part.members.in_force.keys()
    for member in node.body:
        name, line = _name(member), first_line(member)
        if not name:
            continue
        original = originals.get(name)
        if original is None:
            edits.append(Edit(cell, line, f"'{name}' was added to the class."))
        else:
            task = part.assignment.task_by_method.get(name)
            edits += _method_edits(cell, member, original, task)
    for name, original in originals.items():
        if name not in names and isinstance(original, ast.FunctionDef):
            message = f"The method {name} of the assignment's notebook is missing."
            edits.append(Edit(cell, node.lineno, message))
    for statement in part.program.statements:
        changed = not part.program.classes.isdisjoint(statement.changes.attributes)
        if changed and statement.node is not node:
            message = "The class is changed outside its definition."
            edits.append(Edit(statement.cell, first_line(statement.node), message))
    return edits


def _class(program: Program, indices: Iterable[int]) -> tuple[int, ast.ClassDef] | None:
    """Return the last definition of the class with its blocks blanked, and its cell.

    Only the statements with these indices count.
    """
    for index in sorted(indices, reverse=True):
        statement = program.statements[index]
        node = statement.node
        if isinstance(node, ast.ClassDef) and node.name in program.classes:
            for blank in parse(_blanked(program.sources[statement.cell])).body:
                if isinstance(blank, ast.ClassDef) and blank.lineno == node.lineno:
                    return statement.cell, blank
            return statement.cell, node
    return None


def _blanked(source: str) -> str:
    """Return the source with '...' for each block, lines kept, if that can be parsed."""
    lines = source.split("\n")
    indent: str | None = None
    for index, line in enumerate(lines):
        mark = _MARK.fullmatch(line)
        if mark and indent is None:
            indent = mark.group("indent")
            lines[index] = indent + "..."
        elif mark:
            indent = None
        elif indent is not None:
            lines[index] = ""
    text = "\n".join(lines)
    return source if parsed(text) is None else text


def _ends(bases: Iterable[ast.expr]) -> list[str]:
    """Return the last names of the bases: ``Module`` of ``torch.nn.Module``."""
    return [canonical(base).rpartition(".")[2] for base in bases]


def _name(member: ast.stmt) -> str:
    """Return what a member of the class is called; "" for one that does nothing."""
    return getattr(member, "name", None) or canonical(member).split("\n")[0][:60]


def _signature(method: ast.FunctionDef) -> list[str]:
    """Return the parameters of a method, and the decorators that change how it is called."""
    decorators = map(canonical, method.decorator_list)
    return [canonical(method.args), *(text for text in decorators if text in _CALLED_OTHERWISE)]


def _method_edits(cell: int, method: ast.stmt, original: ast.stmt, task: str | None) -> list[Edit]:
    """Return the edits of a method's signature, and of its body outside the block."""
    if not isinstance(method, ast.FunctionDef) or not isinstance(original, ast.FunctionDef):
        return []
    edits = []
    known = {*map(canonical, original.decorator_list), *_CALLED_OTHERWISE}
    added = [text for text in map(canonical, method.decorator_list) if text not in known]
    if added:
        message = f"A decorator was put on {method.name}: '@{added[0][:60]}'."
        edits.append(Edit(cell, first_line(method), message, task))
    if _signature(method) != _signature(original):
        message = f"The signature of {method.name} was changed."
        edits.append(Edit(cell, method.lineno, message, task))
    body, given = (
        [(text, node) for node in function.body if (text := canonical(node))]
        for function in (method, original)
    )
    texts = {text for text, _ in given}
    is_open = not texts or not texts.isdisjoint(_PLACEHOLDERS)
    if is_open and "..." not in dict(body):
        return edits  # there are no marks: where the block was can't be told
    outside = [node for text, node in body if text not in texts]
    if outside:
        message = f"Code of {method.name} stands outside its block."
        if "..." not in texts:
            message = f"The given method {method.name} was changed."
        edits.append(Edit(cell, first_line(outside[0]), message, task))
    elif missing := [text for text, _ in given if text not in dict(body)]:
        message = f"Given code of {method.name} is missing: '{missing[0][:60]}'."
        edits.append(Edit(cell, method.lineno, message, task))
    return edits
