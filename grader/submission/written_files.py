"""Find the Python files that a notebook's code writes, as far as reading tells their texts.

``Path('a.py').write_text(text)``, ``open('a.py', 'w').write(text)`` and ``cat > a.py`` of a shell
are what ``%%writefile`` is. Nothing is executed: texts and paths are put together here.
"""

from __future__ import annotations

import ast
import posixpath
import re
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import suppress

from grader.protocol.shell_text import Written, written_by
from grader.submission.cells import Cell
from grader.submission.literal_texts import LiteralTexts
from grader.submission.magics import to_python
from grader.submission.syntax import DEFINITIONS, first_line, parse

MAX_TEXT = 100_000
"""Characters that a text may have while it is put together."""
MAX_WRITTEN = 1_000_000
"""Characters that all texts together may have."""

_SHELL = re.compile(r"\A\s*%%(?:bash|sh|script|shell|cmd|system|sx|!)|^!echo\b", re.MULTILINE)
_PATHS = frozenset(["Path", "PosixPath", "PurePath"])


def written_by_code(cells: Iterable[Cell]) -> Iterator[tuple[int, Written]]:
    """Yield what the code of cells writes to Python files, with the numbers of the cells."""
    cells = list(cells)
    reading = any(_may_write(cell.source) for cell in cells)
    reader = _Reader()
    for cell in cells:
        written: Iterable[Written] = ()
        if _SHELL.search(cell.source):
            written = written_by(cell.source)
        elif reading:
            written = reader.read(cell.source)
        yield from ((cell.number, file) for file in written if file.name.endswith(".py"))


def _may_write(source: str) -> bool:
    return ".py" in source and ("write" in source or "print" in source)


class _Reader:
    """A reader of the texts, paths and open files in cells, in the order in which they stand."""

    def __init__(self) -> None:
        self._source = ""
        self._texts: dict[str, str] = {}
        self._definitions: dict[str, str] = {}
        self._files: dict[str, tuple[str, bool]] = {}
        self._written: list[Written] = []
        self._left = MAX_WRITTEN
        self._literals = LiteralTexts(self._texts.get, MAX_TEXT, self._result)

    def read(self, source: str) -> list[Written]:
        """Return what a cell writes."""
        self._written = []
        self._source = to_python(source)
        with suppress(SyntaxError, RecursionError):
            self._visit(parse(self._source))
        return self._written

    def _visit(self, node: ast.AST) -> None:
        if isinstance(node, DEFINITIONS):
            lines = self._source.split("\n")[first_line(node) - 1 : node.end_lineno]
            self._definitions[node.name] = "\n".join([*lines, ""])
            return
        match node:
            case ast.Lambda():
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._bind(name, value)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                self._bind(name, ast.BinOp(ast.Name(name, ast.Load()), ast.Add(), value))
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                self._bind(name, value)
            case ast.Call():
                self._call(node)
        for child in ast.iter_child_nodes(node):
            self._visit(child)

    def _bind(self, name: str, value: ast.expr) -> None:
        self._texts.pop(name, None)
        self._files.pop(name, None)
        text, file = self._literals.of(value), self._file(value)
        if text is not None:
            self._texts[name] = text
        if file is not None:
            self._files[name] = file

    def _call(self, call: ast.Call) -> None:
        match call:
            case ast.Call(func=ast.Attribute(value=path, attr="write_text" | "write_bytes")):
                given = [*call.args, *(k.value for k in call.keywords if k.arg == "data")]
                if (name := self._literals.of(path)) is not None and given:
                    self._add(name, self._literals.of(given[0]), more=False)
            case ast.Call(func=ast.Attribute(value=file, attr="write"), args=[value]):
                self._add_to(file, self._literals.of(value))
            case ast.Call(func=ast.Attribute(value=file, attr="writelines"), args=[value]):
                self._add_to(file, self._literals.joined("", getattr(value, "elts", [value])))
            case ast.Call(func=ast.Name(id="print"), args=values):
                for keyword in call.keywords:
                    if keyword.arg == "file":
                        text = self._literals.joined(" ", values)
                        self._add_to(keyword.value, None if text is None else f"{text}\n")

    def _add_to(self, file: ast.expr, text: str | None) -> None:
        open_file = self._file(file)
        if open_file is None:
            return
        name, more = open_file
        self._add(name, text, more)
        if isinstance(file, ast.Name):  # what is written next comes after it
            self._files[file.id] = (name, True)

    def _add(self, name: str, text: str | None, more: bool) -> None:
        if text is not None and len(text) <= self._left:
            self._left -= len(text)
            self._written.append(Written(name, text, more))

    def _file(self, node: ast.expr) -> tuple[str, bool] | None:
        """Return the path of an open file, and whether what is written is added to it."""
        match node:
            case ast.Name(id=name):
                return self._files.get(name)
            case (
                ast.Call(
                    func=ast.Name(id="open") | ast.Attribute(value=ast.Name(id="io"), attr="open"),
                    args=[path, *rest],
                    keywords=keywords,
                )
                | ast.Call(
                    func=ast.Attribute(value=path, attr="open"), args=rest, keywords=keywords
                )
            ):
                modes = [*rest[:1], *(k.value for k in keywords if k.arg == "mode")]
                mode = self._literals.of(modes[0]) if modes else None
                written = self._literals.of(path)
                if written is not None and mode is not None and set(mode) & set("wax"):
                    return written, "a" in mode
        return None

    def _result(self, call: ast.Call) -> str | None:
        """Return what a function of texts or paths returns."""
        match call.func, call.args:
            case ((ast.Name(id=name) | ast.Attribute(attr=name)), parts) if name in _PATHS or (
                name == "join" and _is_of_paths(call.func)
            ):
                known = self._literals.all(parts)
                return None if known is None else posixpath.join("", *known)
            case ast.Attribute(attr="getsource") | ast.Name(id="getsource"), [ast.Name(id=name)]:
                return self._definitions.get(name)
            case ast.Attribute(attr="cwd" | "getcwd"), []:
                return "."
            case ((ast.Attribute(attr="dedent" | "cleandoc") | ast.Name(id="dedent")), [value]):
                return _dedented(self._literals.of(value))
            case ast.Attribute(value=value, attr=("strip" | "lstrip" | "rstrip") as name), []:
                text = self._literals.of(value)
                return None if text is None else str(getattr(text, name)())
            case ast.Attribute(value=value, attr="encode" | "resolve" | "absolute"), _:
                return self._literals.of(value)
            case ast.Name(id="str"), [value]:
                return self._literals.of(value)
        return None


def _is_of_paths(function: ast.expr) -> bool:
    """Tell whether ``join`` is that of paths, and not a text's."""
    match function:
        case ast.Name() | ast.Attribute(value=ast.Attribute(attr="path")):
            return True
        case ast.Attribute(value=ast.Name(id=name)):
            return name in ("path", "osp")
    return False


def _dedented(text: str | None) -> str | None:
    return None if text is None else textwrap.dedent(text)
