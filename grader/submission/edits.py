"""Rule: no edits outside the blocks, by comparison with the template.

What is compared is the syntax tree, with the blocks blanked: comments, blank lines, docstrings,
the style of the code and the places where cells begin are free, and so are the device,
``max_epochs`` and the number of samples.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

from grader import spec
from grader.submission.findings import NO_EDITS_OUTSIDE_BLOCKS, Finding
from grader.submission.program import Program
from grader.submission.syntax import first_line, parse

_FREE = (
    (re.compile(r"^device = .*", re.DOTALL), "device"),
    (re.compile(r"^(max_epochs|display_step) = .*", re.DOTALL), r"\1"),
    (re.compile(r"\.sample\((num_samples=)?\w+\)"), ".sample()"),
    (re.compile(r"\b(num_rows|num_cols)=\w+"), r"\1"),
)
_MARK = re.compile(r"(?P<indent>[ \t]*)#{40,}[ \t]*")


@dataclass(frozen=True)
class _Part:
    """A top-level statement and the text by which it is compared."""

    cell: int
    node: ast.stmt
    key: str


def find_edits(program: Program, template: Program) -> list[Finding]:
    """Statements that were added, changed or lost, and edits of the class outside the blocks."""
    theirs, ours = _parts(program), _parts(template)
    matcher = SequenceMatcher(
        None, [part.key for part in ours], [part.key for part in theirs], autojunk=False
    )
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    lost = Counter(part.key for _, a, b, _, _ in changes for part in ours[a:b])
    added = Counter(part.key for _, _, _, c, d in changes for part in theirs[c:d])
    moved = lost & added  # statements in another order are no edit worth a person's time
    findings: list[Finding] = []
    for _, a, b, c, d in changes:
        gone = [part for part in ours[a:b] if part.key not in moved]
        new = [part for part in theirs[c:d] if part.key not in moved]
        findings += _compared(gone, new, theirs, c, bool(program.broken))
    findings += _class_edits(theirs, ours)
    return sorted(set(findings), key=lambda finding: (finding.cell, finding.line))


def _finding(cell: int, line: int, message: str, task: str | None = None) -> Finding:
    return Finding(NO_EDITS_OUTSIDE_BLOCKS, task, cell, line, message)


def _compared(
    gone: list[_Part], new: list[_Part], theirs: list[_Part], position: int, broken: bool
) -> list[Finding]:
    """Findings on one stretch in which the two notebooks differ."""
    findings = []
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
        findings.append(_finding(cell, line, message))
    if gone and not new and theirs and not broken:  # what a broken cell held can't be told
        near = theirs[min(position, len(theirs) - 1)]
        text = ast.unparse(gone[0].node).split("\n")[0][:60]
        message = f"Code of the assignment's notebook is missing: '{text}'."
        findings.append(_finding(near.cell, first_line(near.node), message))
    return findings


def _parts(program: Program) -> list[_Part]:
    parts = []
    for statement in program.statements:
        if not isinstance(statement.node, ast.Pass):
            parts.append(_Part(statement.cell, statement.node, _key(statement.node)))
    blanked = {number: _blanked(source) for number, source in program.sources.items()}
    return [_with_blocks_blanked(part, blanked[part.cell]) for part in parts]


def _key(node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef) and node.name == spec.CLASS_NAME:
        return f"class {spec.CLASS_NAME}"
    text = _text(node)
    for pattern, replacement in _FREE:
        text = pattern.sub(replacement, text)
    return text


def _text(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:  # deeper than any statement of the template
        return f"deep code in line {getattr(node, 'lineno', 0)}"


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


def _with_blocks_blanked(part: _Part, blanked: str) -> _Part:
    """The class as it is with its blocks blanked; any other statement as it is."""
    if part.key == f"class {spec.CLASS_NAME}":
        for node in parse(blanked).body:
            if isinstance(node, ast.ClassDef) and node.lineno == part.node.lineno:
                return _Part(part.cell, node, part.key)
    return part


def _class_edits(theirs: list[_Part], ours: list[_Part]) -> list[Finding]:
    """Edits of the last definition of the class."""
    pair = [
        [part for part in parts if isinstance(part.node, ast.ClassDef) and _is_class(part)]
        for parts in (theirs, ours)
    ]
    if not pair[0] or not pair[1]:
        return []
    part = pair[0][-1]
    node, given = part.node, pair[1][-1].node
    assert isinstance(node, ast.ClassDef)
    assert isinstance(given, ast.ClassDef)
    findings = []
    if [_text(base) for base in node.bases] != [_text(base) for base in given.bases]:
        findings.append(_finding(part.cell, node.lineno, "The class's bases were changed."))
    originals = {_name(member): member for member in given.body}
    names = {_name(member) for member in node.body}
    for member in node.body:
        name, line = _name(member), first_line(member)
        if _is_docstring(member) or isinstance(member, ast.Pass):
            continue
        original = originals.get(name)
        if original is None:
            findings.append(_finding(part.cell, line, f"'{name}' was added to the class."))
        else:
            findings += _method_edits(part.cell, member, original)
    for name, original in originals.items():
        if name not in names and isinstance(original, ast.FunctionDef):
            message = f"The method {name} of the assignment's notebook is missing."
            findings.append(_finding(part.cell, node.lineno, message))
    return findings


def _is_class(part: _Part) -> bool:
    return part.key == f"class {spec.CLASS_NAME}"


def _name(member: ast.stmt) -> str:
    return getattr(member, "name", None) or _text(member).split("\n")[0][:60]


def _method_edits(cell: int, method: ast.stmt, original: ast.stmt) -> list[Finding]:
    """Edits of a method's signature, and of its body outside the block."""
    if not isinstance(method, ast.FunctionDef) or not isinstance(original, ast.FunctionDef):
        return []
    task = spec.TASK_BY_METHOD.get(method.name)
    findings = []
    signatures = [
        [_text(node.args), *map(_text, node.decorator_list)] for node in (method, original)
    ]
    if signatures[0] != signatures[1]:
        message = f"The signature of {method.name} was changed."
        findings.append(_finding(cell, method.lineno, message, task))
    body, given = (
        [(_text(node), node) for node in function.body if not _is_docstring(node)]
        for function in (method, original)
    )
    if "..." in dict(given) and "..." not in dict(body):
        return findings  # the marks are gone: where the block was can't be told
    texts = {text for text, _ in given}
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


def _is_docstring(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False
