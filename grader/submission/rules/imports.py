"""Rule: no additional import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.submission.attribution import Owners, tasks_of
from grader.submission.program import Program
from grader.submission.rules.findings import NO_ADDITIONAL_IMPORTS, Finding


def find_imports(program: Program, owners: Owners, template: Program) -> list[Finding]:
    """Imports of what the template doesn't import, wherever they stand and whether used or not.

    What the template imports may be imported again, under any name.
    """
    given = {path for _, _, path in _imports(template)}
    findings = []
    for cell, node, path in _imports(program):
        if path not in given:
            task = next(iter(tasks_of(owners, node)), None)
            message = f"{path} is imported, which the assignment's notebook doesn't import."
            findings.append(Finding(NO_ADDITIONAL_IMPORTS, task, cell, node.lineno, message))
    return list(dict.fromkeys(findings))


def _imports(program: Program) -> Iterator[tuple[int, ast.stmt | ast.expr, str]]:
    """Cell, node and full dotted name of all that is imported, in the order of the notebook."""
    for statement in program.statements:
        found: list[tuple[ast.stmt | ast.expr, str]] = []
        for node in ast.walk(statement.node):
            match node:
                case ast.Import(names=aliases):
                    found += [(node, alias.name) for alias in aliases]
                case ast.ImportFrom(names=aliases):
                    module = "." * node.level + (node.module or "")
                    found += [(node, f"{module}.{alias.name}") for alias in aliases]
                case ast.Call(
                    func=ast.Name(id="__import__" | "import_module")
                    | ast.Attribute(attr="import_module"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    found.append((node, name[:80]))
        for node, path in sorted(found, key=lambda item: (item[0].lineno, item[1])):
            yield statement.cell, node, path
