"""Modules that belong to a notebook: written by its cells, or handed in beside it."""

from __future__ import annotations

import ast
import os
import posixpath
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from grader.assets import asset
from grader.assignment import Assignment
from grader.submission.beside import python_files, root_of, search_path
from grader.submission.bindings import bindings_of
from grader.submission.cells import Notebook
from grader.submission.code_size import split_by_size
from grader.submission.load import read_ordinary
from grader.submission.module_names import Modules, absolute
from grader.submission.written_files import written_by_code

MAX_BYTES = 100_000
LAST = sys.maxsize
"""The number of a cell below all others."""
_INSTALLED = frozenset(["site-packages", "dist-packages"])
_WRITES = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?P<more>-a[ \t]+|--append[ \t]+)?(?P<name>.+)")
_RUNS = re.compile(r"^[ \t]*%run[ \t]+(?:-\w+[ \t]+)*(?P<name>[^\s;]+)", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A piece of a module: Python on the lines of a cell, or a file with a number of its own."""

    cell: int
    source: str


@dataclass(frozen=True)
class Files:
    """The files of one notebook.

    Attributes:
        written: what cells write, in their order: the path, the piece, whether it is added to what
            the file holds, and the number of the cell that writes it.
        folder: where the notebook lies.
        code: all code of the notebook.
        given: modules that the course hands out itself.
        first: the number of the first piece that isn't a cell's own text, above those of all cells:
            first come those that code writes, then the files beside the notebook.
    """

    written: tuple[tuple[str, Part, bool, int], ...]
    folder: Path
    given: tuple[str, ...]
    first: int
    code: str = ""

    def module(self, name: str, cell: int) -> list[Part]:
        """Return the pieces of a module that a cell imports; none of one from elsewhere."""
        path = name.replace(".", "/")
        return self.file(f"{path}.py", cell) or self.file(f"{path}/__init__.py", cell)

    def is_package(self, name: str, cell: int) -> bool:
        """Tell whether a module that a cell imports is a package."""
        path = name.replace(".", "/")
        return not self.file(f"{path}.py", cell) and bool(self.file(f"{path}/__init__.py", cell))

    def written_after(self, name: str, pieces: list[Part]) -> tuple[str, int] | None:
        """Return the path and cell that write a module otherwise than it was imported."""
        final = self.module(name, LAST)
        if [part.source.strip() for part in final] == [part.source.strip() for part in pieces]:
            return None
        for path, part, _, cell in reversed(self.written):
            if part in final:
                return path, cell
        return None

    def file(self, path: str, cell: int) -> list[Part]:
        """Return the pieces of a Python file in whatever folder, as a cell finds it."""
        path = _plain(path)
        entries = [entry for entry in self.written if f"/{entry[0]}".endswith(f"/{path}")]
        before = [entry for entry in entries if entry[3] <= cell] or entries
        pieces: list[Part] = []
        for _, part, again, _ in before:
            pieces = [*pieces, part] if again else [part]
        return pieces or self._beside(path)

    def describe(self, number: int) -> str:
        """Say what a number above those of all cells stands for."""
        for name, part, _, cell in self.written:
            if part.cell == number:
                return f"{name}, which cell {cell} writes."
        return f"{self.names[number - self._first_beside]}, which lies beside the notebook."

    @property
    def _first_beside(self) -> int:
        return max([self.first, *(part.cell + 1 for _, part, _, _ in self.written)])

    def _beside(self, path: str) -> list[Part]:
        names = self.names
        for folder in self.searched:
            name = posixpath.normpath(posixpath.join(folder, path))
            if name in names and not self.is_installed(path):
                text = _read(self.folder / name)
                return [] if text is None else [Part(self._first_beside + names.index(name), text)]
        return []

    def is_installed(self, path: str) -> bool:
        """Tell whether Python or a package has a module of that name: no file replaces it."""
        name = path.partition("/")[0].removesuffix(".py")
        if name in sys.stdlib_module_names:
            return True
        with suppress(ImportError, ValueError):
            spec = find_spec(name)
            if spec is not None and spec.origin is not None:
                origin = Path(spec.origin)
                # An environment may lie beside the notebook, or all of it in a home folder.
                is_package = not _INSTALLED.isdisjoint(origin.parts)
                return is_package or root_of(self.folder) not in origin.parents
        return False

    @cached_property
    def names(self) -> list[str]:
        """The Python files beside the notebook, by their paths from its folder.

        A module that the course hands out is the student's own where the notebook uses what the
        student added to it.
        """
        names = python_files(self.folder, self.code)
        return [name for name in names if not self._is_given(name)]

    def _is_given(self, name: str) -> bool:
        file = posixpath.basename(name)
        if file.removesuffix(".py") not in self.given:
            return False
        added = _bound(_read(self.folder / name)) - _bound(_read(asset(f"student_template/{file}")))
        return not any(re.search(rf"\b{re.escape(name)}\b", self.code) for name in added)

    @cached_property
    def searched(self) -> list[str]:
        """The folders in which the notebook looks for modules."""
        return search_path(self.code)


def files_of(notebook: Notebook, assignment: Assignment) -> Files:
    """Return the files that belong to a notebook; nothing is read yet but its cells."""
    written = []
    first = max((cell.number for cell in notebook.cells), default=0) + 1
    for cell in notebook.code:
        top, _, rest = cell.source.lstrip("\n").partition("\n")
        match = _WRITES.fullmatch(top.rstrip())
        if match:
            above = cell.source.count("\n") - rest.count("\n")
            name = _plain(match["name"].strip().strip("'\""))
            part = Part(cell.number, "\n" * above + rest)
            written.append((name, part, match["more"] is not None, cell.number))
    for number, (cell_number, file) in enumerate(
        written_by_code(split_by_size(notebook.code, assignment.class_name)[0]), first
    ):
        written.append((_plain(file.name), Part(number, file.text), file.more, cell_number))
    written.sort(key=lambda entry: entry[3])
    folder = notebook.path.absolute().parent
    code = "\n".join(cell.source for cell in notebook.code)
    return Files(tuple(_joined(written, first)), folder, assignment.given_modules, first, code)


def _joined(
    written: Sequence[tuple[str, Part, bool, int]], first: int
) -> Iterator[tuple[str, Part, bool, int]]:
    """Yield the same, with pieces that go on within a class or function joined to the last."""
    held: dict[str, str] = {}
    number = max([first, *(part.cell + 1 for _, part, _, _ in written)])
    for name, part, more, cell in written:
        text = part.source.lstrip("\n")
        if not more or name not in held:
            held[name] = text
            yield name, part, more, cell
            continue
        if len(held[name]) <= MAX_BYTES:
            held[name] += f"\n{text}"
        if text[:1] in (" ", "\t") and len(held[name]) <= MAX_BYTES:
            yield name, Part(number, held[name]), False, cell
            number += 1
        else:
            yield name, part, more, cell


def copy_beside(notebook: Notebook, folder: Path, assignment: Assignment) -> None:
    """Copy the Python files that lie beside a notebook and that it names into the folder of a run.

    Raises:
        OSError: one can't be written.
    """
    files = files_of(notebook, assignment)
    waiting = [files.code]
    left = {name for name in files.names if name != notebook.path.name}
    while waiting:
        source = waiting.pop()
        for name in sorted(name for name in left if _names(source, name)):
            left.discard(name)
            is_installed = "/" not in name and files.is_installed(name)
            text = None if is_installed else _read(files.folder / name)
            if text is not None:
                waiting.append(text)
                copy = Path(os.path.normpath(folder / name))
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text, encoding="utf-8")


def _names(sources: str, file: str) -> bool:
    *folders, name = file.removesuffix(".py").split("/")
    word = folders[-1] if folders and name == "__init__" else name
    return re.search(rf"\b{re.escape(word)}\b", sources) is not None


def executed_files(source: str, body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the files that a cell executes: ``%run a.py``, ``exec(open('a.py').read())``."""
    for match in _RUNS.finditer(source):
        name = match["name"].strip("'\"")
        yield name if name.endswith(".py") else f"{name}.py"
    for statement in body if "exec" in source else ():
        for node in ast.walk(statement):
            match node:
                case ast.Call(func=ast.Name(id="exec"), args=[text, *_]):
                    texts = (n.value for n in ast.walk(text) if isinstance(n, ast.Constant))
                    yield from (t for t in texts if isinstance(t, str) and t.endswith(".py"))


def imported_modules(statement: ast.stmt, modules: Modules, module: str) -> Iterator[str]:
    """Yield the modules that a statement of a module imports, be it in a function."""
    for node in ast.walk(statement):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(names=aliases):
                name = absolute(node, module, modules)
                yield name
                yield from (f"{name}.{alias.name}" for alias in aliases)
            case ast.Call(
                func=ast.Attribute(attr="import_module")
                | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def _plain(path: str) -> str:
    return os.path.normpath(path).replace("\\", "/")


def _bound(source: str | None) -> set[str]:
    """Return the global names that a module binds; none if it can't be read."""
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        names, _, _ = bindings_of(ast.parse(source or "").body)
        return names
    return set()


def _read(path: Path) -> str | None:
    """Return the text of an ordinary file; None if it is a link, too large or no UTF-8."""
    with suppress(OSError, ValueError):
        content = read_ordinary(path, MAX_BYTES + 1, follow=False)
        if content is not None and len(content) <= MAX_BYTES:
            return content.decode("utf-8-sig").replace("\r\n", "\n")
    return None
