"""Rule: no additional import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.submission.findings import NO_ADDITIONAL_IMPORTS, Finding
from grader.submission.owners import find_owners, tasks_at
from grader.submission.program import Program
from grader.submission.slices import Slice


def find_imports(program: Program, part: Slice, template: Program) -> list[Finding]:
    """Imports of what the template doesn't import, wherever they stand and whether used or not.

    What the template imports may be imported again, under any name.
    """
    given = {path for _, _, path in _imports(template)}
    owners = find_owners(program, part)
    findings = []
    for cell, line, path in _imports(program):
        if path not in given:
            task = next(iter(tasks_at(owners, cell, line)), None)
            message = f"{path} is imported, which the assignment's notebook doesn't import."
            findings.append(Finding(NO_ADDITIONAL_IMPORTS, task, cell, line, message))
    return list(dict.fromkeys(findings))


def _imports(program: Program) -> Iterator[tuple[int, int, str]]:
    """Cell, line and full dotted name of all that is imported, in the order of the notebook."""
    for statement in program.statements:
        found: list[tuple[int, str]] = []
        for node in ast.walk(statement.node):
            match node:
                case ast.Import(names=aliases):
                    found += [(node.lineno, alias.name) for alias in aliases]
                case ast.ImportFrom(names=aliases):
                    module = "." * node.level + (node.module or "")
                    found += [(node.lineno, f"{module}.{alias.name}") for alias in aliases]
                case ast.Call(
                    func=ast.Name(id="__import__" | "import_module")
                    | ast.Attribute(attr="import_module"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    found.append((node.lineno, name[:80]))
        for line, path in sorted(found):
            yield statement.cell, line, path
