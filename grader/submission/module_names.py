"""The global names of a notebook's own modules, and the modules that its names stand for."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from grader.submission.scopes import names_of


@dataclass
class Modules:
    """The own modules that have been met so far.

    Attributes:
        bound: the global names of each.
        starred: those that a star import brings.
        packages: those that are packages.
        aliases: the modules that names stand for.
    """

    bound: dict[str, frozenset[str]] = field(default_factory=dict)
    starred: dict[str, list[str]] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)


def global_names(body: Sequence[ast.stmt], modules: Modules, module: str) -> set[str]:
    """Return the global names that the statements of a module bind."""
    names: set[str] = set()
    for node in body:
        names |= names_of(node, postponed_annotations=True).binds
        for inner in ast.walk(node):
            if isinstance(inner, ast.ImportFrom) and inner.names[0].name == "*":
                names.update(modules.starred.get(absolute(inner, module, modules), ()))
    return names


def star_names(body: Sequence[ast.stmt], bound: Collection[str]) -> list[str]:
    """Return what ``from m import *`` brings: what ``__all__`` says, or all public names."""
    listed: list[str] = []
    for node in body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AugAssign(target=ast.Name(id="__all__"), value=value)
            ):
                texts = (getattr(part, "value", None) for part in getattr(value, "elts", ()))
                listed += [text for text in texts if isinstance(text, str)]
    return listed or sorted(name for name in bound if not name.startswith("_"))


def absolute(node: ast.ImportFrom, module: str, modules: Modules) -> str:
    """Return the module that an import in another one means: ``a.b`` for ``.b`` in ``a.c``."""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + (module in modules.packages)] if node.level else []
    return ".".join([*kept, *([node.module] if node.module else [])])


def plain(name: str) -> str:
    """Return a name as its own module writes it."""
    return name.rpartition(".")[2]


def is_for_scripts(node: ast.stmt) -> bool:
    """Tell whether a statement is ``if __name__ == "__main__"``, which no import executes."""
    match node:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__") | ast.Constant(value="__main__"),
                ops=[ast.Eq()],
                comparators=[ast.Name(id="__name__") | ast.Constant(value="__main__")],
            ),
            orelse=[],
        ):
            return True
    return False
