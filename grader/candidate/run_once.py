"""Executes statements for the names that they bind, every loop once. The untrusted side."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any


def run_once(cells: Sequence[Mapping[str, Any]], namespace: dict[str, Any], flags: int) -> None:
    """Execute such statements for what they bind, every loop once. One that fails binds less."""
    for cell in cells:
        statements = ast.parse(cell["source"]).body
        for index in cell["keep"]:
            once = ast.fix_missing_locations(_Once().visit(statements[index]))
            with suppress(Exception):
                module = ast.Module([once], [])
                exec(compile(module, "beside", "exec", flags, dont_inherit=True), namespace)


class _Once(ast.NodeTransformer):
    """Ends every loop after its first round, but those of functions."""

    def _enter_once(self, node: Any) -> Any:
        self.generic_visit(node)
        node.body.append(ast.Break())
        node.orelse = []
        return node

    visit_For = visit_AsyncFor = visit_While = _enter_once  # noqa: N815

    def _leave(self, node: Any) -> Any:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave  # noqa: N815
