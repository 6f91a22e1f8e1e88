"""Put together the texts that expressions of literals yield; nothing is executed."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LiteralTexts:
    """A reader of expressions that put texts together.

    Attributes:
        look_up: returns the text that a name stands for; None if it isn't known.
        longest: texts with more characters aren't put together.
        call: returns the text that a function other than ``join`` yields; None if it isn't known.
    """

    look_up: Callable[[str], str | None]
    longest: int
    call: Callable[[ast.Call], str | None] = lambda _: None

    def of(self, node: ast.expr) -> str | None:
        """Return the text that an expression yields; None if it isn't known."""
        text = self._any(node)
        return text if text is not None and len(text) <= self.longest else None

    def all(self, nodes: Sequence[ast.expr]) -> list[str] | None:
        """Return the texts that expressions yield; None if one isn't known."""
        texts = [text for node in nodes if (text := self.of(node)) is not None]
        return texts if len(texts) == len(nodes) else None

    def joined(self, separator: str, nodes: Sequence[ast.expr]) -> str | None:
        """Return the texts that expressions yield, joined; None if one isn't known."""
        texts = self.all(nodes)
        if texts is None or sum(map(len, texts)) + len(separator) * len(texts) > self.longest:
            return None
        return separator.join(texts)

    def _any(self, node: ast.expr) -> str | None:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Constant(value=bytes(raw)):
                return raw.decode("utf-8", "replace")
            case ast.Name(id=name):
                return self.look_up(name)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.of(value)
            case ast.JoinedStr(values=values):
                return self.joined("", values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.joined("", [left, right])
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                known = self.all([left, right])
                return None if known is None else posixpath.join(*known)
            case ast.Call(
                func=ast.Attribute(value=owner, attr="join"),
                args=[ast.List(elts=parts) | ast.Tuple(elts=parts)],
            ):
                separator = self.of(owner)
                return None if separator is None else self.joined(separator, parts)
            case ast.Call():
                return self.call(node)
        return None
