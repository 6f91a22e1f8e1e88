"""The Python files that a notebook's code writes itself, as far as reading tells their texts.

``Path('a.py').write_text(text)``, ``open('a.py', 'w').write(text)`` and ``cat > a.py`` of a shell
are what ``%%writefile`` is. Nothing is executed: texts and paths are put together here.
"""

from __future__ import annotations

import ast
import posixpath
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from grader.protocol.shell_text import Written, written_by
from grader.submission.cells import Cell
from grader.submission.magics import to_python
from grader.submission.syntax import first_line, parse

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
        found: Iterable[Written] = ()
        if _SHELL.search(cell.source):
            found = written_by(cell.source)
        elif reading:
            found = reader.read(cell.source)
        yield from ((cell.number, file) for file in found if file.name.endswith(".py"))


def _may_write(source: str) -> bool:
    return ".py" in source and ("write" in source or "print" in source)


@dataclass
class _Reader:
    """Follows texts, paths and open files through the cells, in the order in which they stand."""

    _source: str = ""
    _texts: dict[str, str] = field(default_factory=dict)
    _definitions: dict[str, str] = field(default_factory=dict)
    _files: dict[str, tuple[str, bool]] = field(default_factory=dict)
    _found: list[Written] = field(default_factory=list)
    _left: int = MAX_WRITTEN

    def read(self, source: str) -> list[Written]:
        """Return what a cell writes."""
        self._found = []
        self._source = to_python(source)
        with suppress(SyntaxError, RecursionError):
            self._visit(parse(self._source))
        return self._found

    def _visit(self, node: ast.AST) -> None:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._define(name, node)
                return
            case ast.ClassDef(name=name):
                self._define(name, node)
                return
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

    def _define(self, name: str, node: ast.stmt) -> None:
        lines = self._source.split("\n")[first_line(node) - 1 : node.end_lineno]
        self._definitions[name] = "\n".join([*lines, ""])

    def _bind(self, name: str, value: ast.expr) -> None:
        self._texts.pop(name, None)
        self._files.pop(name, None)
        text, file = self._text(value), self._file(value)
        if text is not None:
            self._texts[name] = text
        if file is not None:
            self._files[name] = file

    def _call(self, call: ast.Call) -> None:
        match call:
            case ast.Call(func=ast.Attribute(value=path, attr="write_text" | "write_bytes")):
                given = [*call.args, *(k.value for k in call.keywords if k.arg == "data")]
                if (name := self._text(path)) is not None and given:
                    self._add(name, self._text(given[0]), more=False)
            case ast.Call(func=ast.Attribute(value=file, attr="write"), args=[value]):
                self._add_to(file, self._text(value))
            case ast.Call(func=ast.Attribute(value=file, attr="writelines"), args=[value]):
                self._add_to(file, self._joined("", value))
            case ast.Call(func=ast.Name(id="print"), args=values):
                for keyword in call.keywords:
                    if keyword.arg == "file":
                        text = self._joined(" ", ast.List(values, ast.Load()))
                        self._add_to(keyword.value, None if text is None else f"{text}\n")

    def _add_to(self, file: ast.expr, text: str | None) -> None:
        found = self._file(file)
        if found is None:
            return
        name, more = found
        self._add(name, text, more)
        if isinstance(file, ast.Name):  # what is written next comes after it
            self._files[file.id] = (name, True)

    def _add(self, name: str, text: str | None, more: bool) -> None:
        if text is not None and len(text) <= self._left:
            self._left -= len(text)
            self._found.append(Written(name, text, more))

    def _file(self, node: ast.expr) -> tuple[str, bool] | None:
        """Return the path of an open file, and whether what is written is added to it."""
        match node:
            case ast.Name(id=name):
                return self._files.get(name)
            case ast.Call(
                func=ast.Name(id="open") | ast.Attribute(value=ast.Name(id="io"), attr="open"),
                args=[path, *rest],
            ):
                pass
            case ast.Call(func=ast.Attribute(value=path, attr="open"), args=rest):
                pass
            case _:
                return None
        assert isinstance(node, ast.Call)
        modes = [*rest[:1], *(k.value for k in node.keywords if k.arg == "mode")]
        mode = self._text(modes[0]) if modes else None
        name_of = self._text(path)
        if name_of is None or mode is None or not set(mode) & set("wax"):
            return None
        return name_of, "a" in mode

    def _text(self, node: ast.expr) -> str | None:
        """Return the value of a text or path that is put together from literals; else None."""
        found = self._any_text(node)
        return found if found is not None and len(found) <= MAX_TEXT else None

    def _any_text(self, node: ast.expr) -> str | None:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Constant(value=bytes(raw)):
                return raw.decode("utf-8", "replace")
            case ast.Name(id=name):
                return self._texts.get(name)
            case ast.JoinedStr(values=values):
                return self._joined("", ast.List(values, ast.Load()))
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self._text(value)
            case ast.BinOp(left=left, op=(ast.Add() | ast.Div()) as op, right=right):
                pair = self._text(left), self._text(right)
                if pair[0] is None or pair[1] is None:
                    return None
                add = isinstance(op, ast.Add)
                return pair[0] + pair[1] if add else posixpath.join(pair[0], pair[1])
            case ast.Call():
                return self._result(node)
        return None

    def _result(self, call: ast.Call) -> str | None:
        """Return what a function of texts or paths returns."""
        match call.func, call.args:
            case ((ast.Name(id=name) | ast.Attribute(attr=name)), parts) if name in _PATHS or (
                name == "join" and _is_of_paths(call.func)
            ):
                return self._path(parts)
            case ast.Attribute(value=value, attr="join"), [pieces]:
                separator = self._text(value)
                return None if separator is None else self._joined(separator, pieces)
            case ast.Attribute(attr="getsource") | ast.Name(id="getsource"), [ast.Name(id=name)]:
                return self._definitions.get(name)
            case ast.Attribute(attr="cwd" | "getcwd"), []:
                return "."
            case ((ast.Attribute(attr="dedent" | "cleandoc") | ast.Name(id="dedent")), [value]):
                return _dedented(self._text(value))
            case ast.Attribute(value=value, attr=("strip" | "lstrip" | "rstrip") as name), []:
                text = self._text(value)
                return None if text is None else str(getattr(text, name)())
            case ast.Attribute(value=value, attr="encode" | "resolve" | "absolute"), _:
                return self._text(value)
            case ast.Name(id="str"), [value]:
                return self._text(value)
        return None

    def _path(self, parts: Sequence[ast.expr]) -> str | None:
        texts = [self._text(part) for part in parts]
        known = [text for text in texts if text is not None]
        return posixpath.join("", *known) if len(known) == len(texts) else None

    def _joined(self, separator: str, pieces: ast.expr) -> str | None:
        if not isinstance(pieces, (ast.List, ast.Tuple)):
            return None
        texts = [self._text(piece) for piece in pieces.elts]
        known = [text for text in texts if text is not None]
        long = sum(map(len, known)) + len(separator) * len(known) > MAX_TEXT
        return None if long or len(known) < len(texts) else separator.join(known)


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
