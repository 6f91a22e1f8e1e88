"""Read what ``exec`` of a literal executes as if it stood in the literal's place."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable
from textwrap import dedent

from grader.submission.syntax import names_in, parsed

_NAMESPACES = ("globals", "locals", "vars")


def with_inlined(body: Iterable[ast.stmt], texts: dict[str, str]) -> list[ast.stmt]:
    """Return statements with the code of literals in them.

    ``exec(compile(text, name, mode))`` counts; one into a namespace of its own does not, for what
    it binds are other names. ``texts`` keeps the literals that names stand for until one is
    executed, so that none is read twice, and none inside itself.

    Raises:
        RecursionError: if a statement is nested too deeply.
    """
    statements = []
    for node in body:
        if "exec" in names_in(node):
            node = _Inliner(texts).visit(copy.deepcopy(node))
        statements.append(node)
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                text = _text(value, {})
                texts.pop(name, None)
                texts |= {} if text is None else {name: text}
            case ast.AugAssign(target=ast.Name(id=name)):
                texts.pop(name, None)
    return statements


class _Inliner(ast.NodeTransformer):
    """A transformer that adds the code of texts to the calls that execute them."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        match node.value:
            case ast.Call(func=ast.Name(id="exec"), args=[source, *spaces], keywords=[]):
                text = _text(source, self._texts)
                if text is not None and all(map(_is_here, spaces)):
                    return self._read(text, source, node)
        return node

    def _read(self, text: str, source: ast.expr, node: ast.Expr) -> ast.stmt:
        """Return the call and the text's code in one statement; ``node`` if that is no Python."""
        tree = parsed(text)
        if tree is None:
            return node
        body = tree.body
        _move(body, source, text.count("\n"))
        inside = [self.visit(part) for part in body]
        return ast.copy_location(ast.Try([], [], [], [node, *inside]), node)


def _move(body: list[ast.stmt], source: ast.expr, breaks: int) -> None:
    """Give code the lines that it has in a literal; all of them, where they can't be told apart."""
    first, last = source.lineno, source.end_lineno or source.lineno
    exact = breaks == last - first
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, (ast.stmt, ast.expr)):
                end = node.end_lineno or node.lineno
                node.end_lineno = first + end - 1 if exact else last
                node.lineno = first + node.lineno - 1 if exact else first


def _text(node: ast.expr, texts: dict[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return texts.pop(name, None)
        case ast.Call(func=ast.Name(id="compile"), args=[source, *_]):
            return _text(source, texts)
        case ast.Call(func=ast.Name(id="dedent") | ast.Attribute(attr="dedent"), args=[source]):
            return dedent(_text(source, texts) or "") or None
    return None


def _is_here(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[]):
            return name in _NAMESPACES
    return False
