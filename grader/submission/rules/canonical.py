"""Make the text by which a statement is compared with the template's.

What may differ without being an edit is gone from it: comments and format, docstrings, the names of
loop variables, the sizes of figures, the device, ``max_epochs`` and the number of samples.
"""

from __future__ import annotations

import ast
import copy

_SIZES = frozenset(["figsize", "dpi", "num_rows", "num_cols", "nrows", "ncols"])
_RC_SIZES = ("figure.figsize", "figure.dpi", "savefig.dpi")
_FREE_NAMES = ("max_epochs", "display_step")
_DEEP = "deep code in line {}"


def canonical(node: ast.AST) -> str:
    """Return the text of a statement; "" for one that may be added or left out."""
    try:
        made = copy.deepcopy(node)
        _rename_loop_variables(made)
        made = _Canonical().visit(made)
        return "" if made is None else ast.unparse(ast.fix_missing_locations(made))
    except RecursionError:  # deeper than any statement of the template
        return _DEEP.format(getattr(node, "lineno", 0))


def _rename_loop_variables(node: ast.AST) -> None:
    """Give loop variables names by their order."""
    names: dict[str, str] = {}
    for inner in ast.walk(node):
        if isinstance(inner, (ast.For, ast.AsyncFor, ast.comprehension)):
            for target in ast.walk(inner.target):
                if isinstance(target, ast.Name):
                    names.setdefault(target.id, f"loop{len(names)}")
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            inner.id = names.get(inner.id, inner.id)


class _Canonical(ast.NodeTransformer):
    """A transformer that takes away what is free."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        match node.targets:
            case [ast.Name(id="device")]:
                return None
            case [ast.Name(id=name)] if name in _FREE_NAMES:
                node.value = ast.Constant(...)
            case [ast.Subscript(slice=ast.Constant(value=key))] if key in _RC_SIZES:
                return None
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        match node.value:
            case ast.Constant(value=str()):
                return None
            case ast.Call(func=ast.Attribute(attr="set_size_inches" | "set_dpi")):
                return None
            case ast.Call(func=ast.Attribute(attr="figure"), args=[], keywords=words):
                if words and all(word.arg in _SIZES for word in words):
                    return None
            case ast.Call(func=ast.Attribute(attr="update"), args=[ast.Dict(keys=keys)]):
                if all(isinstance(key, ast.Constant) and key.value in _RC_SIZES for key in keys):
                    return None
        return self.generic_visit(node)

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.keywords = [word for word in node.keywords if word.arg not in _SIZES]
        match node.func:
            case ast.Attribute(attr="sample") if len(node.args) + len(node.keywords) == 1:
                node.args, node.keywords = [], []
        return self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        visited = super().generic_visit(node)
        if getattr(visited, "body", None) == []:
            visited.body = [ast.Pass()]  # type: ignore[attr-defined]
        return visited
