"""Read what ``exec`` of a literal executes as if it stood in the literal's place."""

from __future__ import annotations

import ast
import copy
from textwrap import dedent

from grader.submission.syntax import parse

_NAMESPACES = ("globals", "locals", "vars")


def with_inlined(statement: ast.stmt) -> ast.stmt:
    """The statement with the code of literals in it; the statement itself if it has none.

    ``exec(compile(text, name, mode))`` counts; one into a namespace of its own does not, for what
    it binds are other names.

    Raises:
        RecursionError: if the statement is nested too deeply.
    """
    if not any(isinstance(node, ast.Name) and node.id == "exec" for node in ast.walk(statement)):
        return statement
    inlined = _Inliner().visit(copy.deepcopy(statement))
    assert isinstance(inlined, ast.stmt)
    return inlined


class _Inliner(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        match node.value:
            case ast.Call(func=ast.Name(id="exec"), args=[literal, *spaces], keywords=[]):
                text = _text(literal)
                if text is not None and all(map(_is_here, spaces)):
                    return self._read(text, literal, node)
        return node

    def _read(self, text: str, literal: ast.expr, node: ast.Expr) -> ast.stmt:
        """The text's code as one statement that surely runs; ``node`` if it is no Python."""
        try:
            body = parse(text).body
        except SyntaxError:
            return node
        _move(body, literal, text.count("\n"))
        inside = [self.visit(part) for part in body] or [ast.Pass()]
        return ast.copy_location(ast.Try([], [], [], inside), node)


def _move(body: list[ast.stmt], literal: ast.expr, breaks: int) -> None:
    """Give code the lines that it has in a literal; all of them, where they can't be told apart."""
    first, last = literal.lineno, literal.end_lineno or literal.lineno
    exact = breaks == last - first
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, (ast.stmt, ast.expr)):
                end = node.end_lineno or node.lineno
                node.end_lineno = first + end - 1 if exact else last
                node.lineno = first + node.lineno - 1 if exact else first


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(func=ast.Name(id="compile"), args=[text, *_]):
            return _text(text)
        case ast.Call(func=ast.Name(id="dedent") | ast.Attribute(attr="dedent"), args=[text]):
            return dedent(_text(text) or "") or None
    return None


def _is_here(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[]):
            return name in _NAMESPACES
    return False
