"""Parse a cell as the kernel would, and fail in one way only."""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Iterator

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 counts the depth of a tree for all threads together: two that parse at once confuse
it ('recursion depth mismatch'). Filters of warnings are shared by threads as well."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_BY_TEXT = frozenset(["globals", "locals", "vars", "eval", "exec"])
_WORD = re.compile(r"[^\W\d]\w*")


def parse(source: str) -> ast.Module:
    """Return the tree of a cell's source.

    Compiles it too: a ``return`` outside a function is found only then, and the kernel refuses the
    whole cell for it.

    Raises:
        SyntaxError: whatever is wrong with the source, nesting too deep for the parser included.
    """
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # '\d' in a string is no concern of ours
            tree = ast.parse(source)
            compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (RecursionError, MemoryError):
        raise SyntaxError("the code is nested too deeply") from None
    except ValueError:  # null bytes, in Python before 3.12
        raise SyntaxError("the code holds characters that Python can't read") from None
    return tree


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a source; None if it is no Python."""
    try:
        return parse(source)
    except SyntaxError:
        return None


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds and the dotted paths that it binds them to."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.asname or alias.name.partition(".")[0], alias.name
        else:
            module = "." * node.level + (node.module or "")
            yield alias.asname or alias.name, f"{module}.{alias.name}"


def first_line(node: ast.stmt | ast.expr) -> int:
    """Return the line where a statement starts, decorators included."""
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def executed(start: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when a statement does: all but the bodies of functions."""
    waiting = [start]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                waiting.extend([*node.decorator_list, node.args])
            case ast.Lambda():
                waiting.append(node.args)
            case _:
                waiting.extend(ast.iter_child_nodes(node))


def calls(start: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that run when a statement does."""
    return (node for node in executed(start) if isinstance(node, ast.Call))


def arguments(call: ast.Call) -> list[ast.expr]:
    """Return the arguments of a call, by position and by keyword."""
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def names_in(*nodes: ast.AST) -> set[str]:
    """Return the variables that stand in some code, bound or used."""
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def named_in_texts(statement: ast.stmt) -> set[str]:
    """Return the words in texts by which a statement may look names up."""
    if _BY_TEXT.isdisjoint(names_in(statement)):
        return set()
    texts = (node.value for node in ast.walk(statement) if isinstance(node, ast.Constant))
    return {word for text in texts if isinstance(text, str) for word in _WORD.findall(text)}


def root(node: ast.AST) -> str | None:
    """Return the name at the start of a chain: ``a`` of ``a.b[0].c()``; None for none."""
    while True:
        match node:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(func=inner):
                node = inner
            case ast.Name(id=name):
                return name
            case _:
                return None
