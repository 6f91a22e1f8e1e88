"""Base classes of the class whose packages aren't installed where it is graded."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.submission.program import Program, Statement, own_pairs
from grader.submission.slices import Definition
from grader.submission.syntax import IMPORTS, executed, imported, root

_MOST = 20
"""Names that are followed, of which hardly any class has more than two."""


def absent_base_notes(program: Program, definition: Definition) -> Iterator[str]:
    """Yield a note for each package that is missing for the bases of a class, and theirs."""
    packages: dict[str, str] = {}
    waiting = [(index, program.class_name) for index in definition.statements]
    seen: set[tuple[int, str]] = set()
    for index, name in waiting:  # it grows
        if (index, name) in seen or len(seen) > _MOST:
            continue
        seen.add((index, name))
        for base in _bases(program.statements[index], name):
            reaching = program.reaching(root(base) or "", index)
            waiting += [(bound_by, root(base) or "") for bound_by in reaching]
            for bound_by in reaching:
                package = _package(program.statements[bound_by], root(base) or "")
                if package and not program.files.is_installed(package):
                    module = program.statements[bound_by].module
                    packages.setdefault(package, ast.unparse(base).removeprefix(f"{module}."))
    for package, text in packages.items():
        yield (
            f"The package {package} isn't installed where this is graded: `{text}`, which the "
            "class is made from, was taken for a base that computes nothing."
        )


def _bases(statement: Statement, name: str) -> Iterator[ast.expr]:
    """Yield the bases of a class, or what a name is an alias of."""
    for node in executed(statement.node):
        match node:
            case ast.ClassDef(name=other) if other == name:
                yield from node.bases
            case ast.Assign(targets=[ast.Name(id=other)], value=ast.Name() | ast.Attribute()):
                if other == name:
                    yield node.value
    for bound, source in own_pairs(statement.node):
        if bound == name:
            yield ast.Name(source)


def _package(statement: Statement, name: str) -> str | None:
    """Return the package that a statement imports a name from, None if it doesn't."""
    for node in executed(statement.node):
        if isinstance(node, IMPORTS):
            for bound, path in imported(node):
                if bound == name and not path.startswith("."):
                    return path.partition(".")[0]
    return None
