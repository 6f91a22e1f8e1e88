"""Compare a notebook with the template.

What is compared is `canonical` text of the syntax tree, with the blocks blanked, so the style of
the code and the places where cells begin are free.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import EllipsisType

from grader.submission.module_names import plain
from grader.submission.program import Program
from grader.submission.rules.canonical import canonical
from grader.submission.rules.class_diff import Edit
from grader.submission.syntax import first_line, parsed

_CLASS = "class"
_ASKS = re.compile(r"\b(your|todo|fill|enter|insert)\b", re.IGNORECASE)
_COMMENTED = re.compile(r"^[ \t]*#+[ \t]?(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class _Part:
    """A top-level statement and the text by which it is compared."""

    cell: int
    node: ast.stmt
    key: str


def all_edits(program: Program, template: Program) -> list[Edit]:
    """Return the statements that were added, changed or lost."""
    free = _commented_out(template)
    blanks = _blanks(template)
    theirs = [part for part in _parts(program, blanks) if part.key not in free]
    ours = [part for part in _parts(template, blanks) if part.key not in free]
    matcher = SequenceMatcher(
        None, [part.key for part in ours], [part.key for part in theirs], autojunk=False
    )
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    lost = Counter(part.key for _, a, b, _, _ in changes for part in ours[a:b])
    added = Counter(part.key for _, _, _, c, d in changes for part in theirs[c:d])
    moved = lost & added  # statements in another order are no edit worth a person's time
    edits: list[Edit] = []
    for _, a, b, c, d in changes:
        gone = [part for part in ours[a:b] if part.key not in moved]
        new = [part for part in theirs[c:d] if part.key not in moved]
        edits += _compared(gone, new, theirs, c, bool(program.broken))
    return edits


def _compared(
    gone: list[_Part], new: list[_Part], theirs: list[_Part], position: int, broken: bool
) -> list[Edit]:
    """Return the edits in one stretch in which the two notebooks differ."""
    edits = []
    cells = dict.fromkeys(part.cell for part in new)
    for cell in cells:
        parts = [part for part in new if part.cell == cell]
        line = first_line(parts[0].node)
        if len(gone) >= len(parts):
            message = "Code of the assignment's notebook was changed."
        elif len(parts) == sum(part.cell == cell for part in theirs):
            message = "A cell was added."
        else:
            message = "Code was added outside the blocks."
        edits.append(Edit(cell, line, message))
    if gone and not new and theirs and not broken:  # what a broken cell held can't be told
        near = theirs[min(position, len(theirs) - 1)]
        text = ast.unparse(gone[0].node).split("\n")[0][:60]
        message = f"Code of the assignment's notebook is missing: '{text}'."
        edits.append(Edit(near.cell, first_line(near.node), message))
    return edits


def _parts(program: Program, blanks: Collection[str]) -> list[_Part]:
    """Return what is compared; values are alike where ``blanks`` has the targets."""
    parts = []
    for statement in program.statements:
        for node in _single(statement.node):
            key = _CLASS if _is_class(node, program) else _targets(node)
            if key != _CLASS and key not in blanks:
                key = canonical(node)
            if key:
                parts.append(_Part(statement.cell, statement.node, key))
    return parts


def _single(node: ast.stmt) -> list[ast.stmt]:
    """Return an import of several names as several imports, and any other statement as it is."""
    match node:
        case ast.Import(names=names):
            return [ast.Import([name]) for name in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            return [ast.ImportFrom(module, [name], level) for name in names]
    return [node]


def _is_class(node: ast.stmt, program: Program) -> bool:
    return isinstance(node, ast.ClassDef) and node.name in program.classes


def _targets(node: ast.stmt) -> str:
    """Return to what a statement assigns, as text; "" if it doesn't assign."""
    match node:
        case ast.Assign(targets=targets):
            return " = ".join(map(ast.unparse, targets)) + " ="
        case ast.AnnAssign(target=target, value=ast.expr()):
            return f"{ast.unparse(target)} ="
    return ""


def _blanks(template: Program) -> set[str]:
    """Return the targets of assignments that are there to be filled in: ``NAME = ""``."""
    return {
        _targets(statement.node)
        for statement in template.statements
        if isinstance(statement.node, (ast.Assign, ast.AnnAssign))
        and _is_blank(statement.node.value)
    }


def _is_blank(value: ast.expr | None) -> bool:
    """Tell whether a value only holds the place of another: nothing, or a text that asks."""
    match value:
        case ast.Constant(value=None) | ast.Constant(value=EllipsisType()):
            return True
        case ast.Constant(value=str(text)):
            return not text.strip(" ._") or bool(_ASKS.search(text))
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return bool(parts) and all(map(_is_blank, parts))
    return False


def _commented_out(template: Program) -> set[str]:
    """Return the statements in the template's comments, which may be put to use."""
    texts: set[str] = set()
    for source in template.sources.values():
        for line in _COMMENTED.findall(source):
            tree = parsed(line)
            texts.update(canonical(node) for node in (tree.body if tree else ()))
    return texts


def lost_cells(program: Program, template: Program) -> list[Edit]:
    """Return the cells of the template of which hardly anything is left, wherever it may stand now.

    A cell is known by the functions and modules that no other cell of the template uses.
    """
    if program.broken or program.left_out or not program.statements:
        return []  # what they held can't be told
    uses: dict[int, Counter[str]] = {}
    for statement in template.statements:
        if not _is_class(statement.node, template):
            uses.setdefault(statement.cell, Counter()).update(_used(statement.node))
    every = sum((Counter(set(cell)) for cell in uses.values()), Counter[str]())
    theirs = {name for statement in program.statements for name in _used(statement.node)}
    last = program.statements[-1]
    edits = []
    for cell, names in uses.items():
        only_here = {name for name in names if every[name] == 1}
        if len(only_here & theirs) * 2 < len(only_here):
            first = next(s.node for s in template.statements if s.cell == cell)
            text = ast.unparse(first).split("\n")[0][:60]
            message = f"A cell of the assignment's notebook is missing, which starts with '{text}'."
            edits.append(Edit(last.cell, first_line(last.node), message))
    return edits


def _used(statement: ast.stmt) -> set[str]:
    """Return the last names of what is called and imported in a statement."""
    used: set[str] = set()
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                used.add(plain(name))
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                used.update(alias.name for alias in names)
    return used
