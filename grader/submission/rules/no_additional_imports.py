"""Rule: no additional import statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.submission.program import Program
from grader.submission.rules.rule import Finding, Rule, Source
from grader.submission.syntax import imported


def _read(source: Source) -> list[Finding]:
    """Find imports of what the template doesn't import, wherever they stand, used or not.

    What the template imports may be imported again, under any name.
    """
    if source.template is None:
        return []
    given = {path for _, _, path in _imports(source.template.program)}
    findings = []
    for cell, node, path in _imports(source.code.program):
        if path not in given:
            task = next(iter(source.code.attribution.tasks_of(node)), None)
            message = f"{path} is imported, which the assignment's notebook doesn't import."
            findings.append(RULE.broken(message, cell, node.lineno, task))
    return list(dict.fromkeys(findings))


def _imports(program: Program) -> Iterator[tuple[int, ast.stmt | ast.expr, str]]:
    """Yield cell, node and dotted name of all imports, in the order of the notebook."""
    for statement in program.statements:
        imports: list[tuple[ast.stmt | ast.expr, str]] = []
        for node in ast.walk(statement.node):
            match node:
                case ast.Import() | ast.ImportFrom():
                    imports += [(node, path) for _, path in imported(node)]
                case ast.Call(
                    func=ast.Name(id="__import__" | "import_module")
                    | ast.Attribute(attr="import_module"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    imports.append((node, name[:80]))
        for node, path in sorted(imports, key=lambda item: (item[0].lineno, item[1])):
            yield statement.cell, node, path


RULE = Rule(
    "no_additional_imports",
    place=2,
    default="advice",
    kept="Nothing else is imported than what the template imports.",
    in_a_task=True,
    read=_read,
)
