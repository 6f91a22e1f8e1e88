"""Edits of the class outside its blocks, by comparison with the template's class."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable

from grader.submission.program import Program
from grader.submission.rules.canonical import canonical
from grader.submission.rules.findings import NO_EDITS_OUTSIDE_BLOCKS, Finding
from grader.submission.slices import Slice
from grader.submission.syntax import first_line, parse
from grader.vae import spec

_MARK = re.compile(r"(?P<indent>[ \t]*)#{40,}[ \t]*")
_CALLED_OTHERWISE = ("staticmethod", "classmethod", "property")
"""Decorators that change how a method is called; others leave its signature."""
_PLACEHOLDERS = ("...", "raise NotImplementedError", "raise NotImplementedError()")


def find_class_edits(part: Slice, template: Program) -> list[Finding]:
    """Edits of the class that is graded, and what changes it elsewhere."""
    graded = {(cell.number, place) for cell in part.cells for place in cell.keep}
    theirs = _class(part.program, graded)
    ours = _class(template)
    if theirs is None or ours is None:
        return []
    cell, node = theirs
    given = ours[1]
    findings = []
    bases = _ends(node.bases)
    if bases == [spec.CLASS_NAME]:
        findings.append(_finding(cell, node.lineno, "The class is defined in more than one piece."))
    elif bases != _ends(given.bases):
        findings.append(_finding(cell, node.lineno, "The class's bases were changed."))
    originals = {_name(member): member for member in given.body}
    # An instance may have a method from elsewhere: a base, an earlier piece, or an assignment.
    names = {_name(member) for member in node.body} | part.members.in_force.keys()
    for member in node.body:
        name, line = _name(member), first_line(member)
        if not name:
            continue
        original = originals.get(name)
        if original is None:
            findings.append(_finding(cell, line, f"'{name}' was added to the class."))
        else:
            findings += _method_edits(cell, member, original)
    for name, original in originals.items():
        if name not in names and isinstance(original, ast.FunctionDef):
            message = f"The method {name} of the assignment's notebook is missing."
            findings.append(_finding(cell, node.lineno, message))
    for statement in part.program.statements:
        if spec.CLASS_NAME in statement.changes.attributes and statement.node is not node:
            message = "The class is changed outside its definition."
            findings.append(_finding(statement.cell, first_line(statement.node), message))
    return findings


def _finding(cell: int, line: int, message: str, task: str | None = None) -> Finding:
    return Finding(NO_EDITS_OUTSIDE_BLOCKS, task, cell, line, message)


def _class(
    program: Program, among: Collection[tuple[int, int]] | None = None
) -> tuple[int, ast.ClassDef] | None:
    """The last definition of the class with its blocks blanked, and its cell.

    Only statements at the cells and places of ``among`` count, where that is given.
    """
    for statement in reversed(program.statements):
        node = statement.node
        if among is not None and (statement.cell, statement.place) not in among:
            continue
        if isinstance(node, ast.ClassDef) and node.name == spec.CLASS_NAME:
            for blank in parse(_blanked(program.sources[statement.cell])).body:
                if isinstance(blank, ast.ClassDef) and blank.lineno == node.lineno:
                    return statement.cell, blank
            return statement.cell, node
    return None


def _blanked(source: str) -> str:
    """The source with '...' for each block, lines kept; unchanged if that can't be parsed."""
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
    try:
        parse(text)
    except SyntaxError:
        return source
    return text


def _ends(bases: Iterable[ast.expr]) -> list[str]:
    """The last names of the bases: ``Module`` of ``torch.nn.Module``."""
    return [canonical(base).rpartition(".")[2] for base in bases]


def _name(member: ast.stmt) -> str:
    """What a member of the class is called; "" for one that does nothing."""
    return getattr(member, "name", None) or canonical(member).split("\n")[0][:60]


def _method_edits(cell: int, method: ast.stmt, original: ast.stmt) -> list[Finding]:
    """Edits of a method's signature, and of its body outside the block."""
    if not isinstance(method, ast.FunctionDef) or not isinstance(original, ast.FunctionDef):
        return []
    task = spec.TASK_BY_METHOD.get(method.name)
    findings = []
    decorators = [list(map(canonical, node.decorator_list)) for node in (method, original)]
    signatures = [
        [canonical(node.args), *(d for d in own if d in _CALLED_OTHERWISE)]
        for node, own in zip((method, original), decorators, strict=True)
    ]
    added = [d for d in decorators[0] if d not in {*decorators[1], *_CALLED_OTHERWISE}]
    if added:
        message = f"A decorator was put on {method.name}: '@{added[0][:60]}'."
        findings.append(_finding(cell, first_line(method), message, task))
    if signatures[0] != signatures[1]:
        message = f"The signature of {method.name} was changed."
        findings.append(_finding(cell, method.lineno, message, task))
    body, given = (
        [(text, node) for node in function.body if (text := canonical(node))]
        for function in (method, original)
    )
    texts = {text for text, _ in given}
    is_open = not texts or not texts.isdisjoint(_PLACEHOLDERS)
    if is_open and "..." not in dict(body):
        return findings  # there are no marks: where the block was can't be told
    outside = [node for text, node in body if text not in texts]
    if outside:
        message = f"Code of {method.name} stands outside its block."
        if "..." not in texts:
            message = f"The given method {method.name} was changed."
        findings.append(_finding(cell, first_line(outside[0]), message, task))
    elif missing := [text for text, _ in given if text not in dict(body)]:
        message = f"Given code of {method.name} is missing: '{missing[0][:60]}'."
        findings.append(_finding(cell, method.lineno, message, task))
    return findings
