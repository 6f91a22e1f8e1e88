"""The text that an expression of constants yields."""

from __future__ import annotations

import ast
from collections.abc import Callable

_LONGEST = 200
"""No name of a module is longer, so no longer text is put together."""


def constant_text(node: ast.expr, look_up: Callable[[str], str | None]) -> str | None:
    """Return the string that literals, names, ``+``, f-strings and ``join`` make, if known.

    ``look_up`` gives the text that a name stands for.
    """
    match node:
        case ast.Constant(value=str(text)):
            return text if len(text) <= _LONGEST else None
        case ast.Name(id=name):
            return look_up(name)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return constant_text(value, look_up)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined("", [left, right], look_up)
        case ast.JoinedStr(values=values):
            return _joined("", values, look_up)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(separator)), attr="join"),
            args=[ast.List(elts=parts) | ast.Tuple(elts=parts)],
        ):
            return _joined(separator, parts, look_up)
    return None


def _joined(
    separator: str, nodes: list[ast.expr], look_up: Callable[[str], str | None]
) -> str | None:
    texts: list[str] = []
    for node in nodes:
        text = constant_text(node, look_up)
        if text is None:
            return None
        texts.append(text)
    joined = separator.join(texts)
    return joined if len(joined) <= _LONGEST else None
