"""Copies of what is graded, since the files of a course may change or go away meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from grader.platforms.download import File
from grader.submission.kinds import Kind
from grader.submission.load import MAX_BYTES

_SUFFIXES = {Kind.NOTEBOOK: ".ipynb", Kind.SCRIPT: ".py"}
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}\.py")
_MAX_MODULE_BYTES = 1_000_000
_MAX_MODULES = 20


def content_of(file: File) -> bytes | None:
    """Return the bytes of a file, cut where they are too many; None if they can't be read."""
    return file.read(MAX_BYTES + 1)


def name_of_copy(file: File, name: str) -> str:
    """Return what a copy is called: a name, with the ending that the file's content asks for."""
    return name + (file.suffix if file.kind is None else _SUFFIXES.get(file.kind, file.suffix))


def copy_of(file: File, content: bytes, modules: Iterable[File], folder: Path) -> Path:
    """Copy a notebook into a new folder, with the student's own modules beside it.

    Raises:
        OSError: it can't be written.
    """
    files = [(module.parts[-1], content_of(module) or b"") for module in modules]
    return written_copy(folder, name_of_copy(file, folder.name), content, files)


def written_copy(
    folder: Path, name: str, content: bytes, modules: Iterable[tuple[str, bytes]] = ()
) -> Path:
    """Write a notebook into a new folder, and what it may import beside it; return its path.

    Raises:
        OSError: it can't be written.
    """
    folder.mkdir()
    copy = folder / name
    copy.write_bytes(content)
    for module, text in modules:
        if module != name:
            (folder / module).write_bytes(text)
    return copy


def modules_beside(file: File, files: Sequence[File]) -> tuple[File, ...]:
    """Return what of the same student's the notebook may import: scripts in its folder."""
    modules = []
    for other in files:
        name = other.parts[-1]
        is_beside = other.parts[:-1] == file.parts[:-1] and other.parts != file.parts
        is_module = _MODULE.fullmatch(name) is not None and not other.is_given
        if is_beside and is_module and other.path is not None:
            with suppress(OSError):
                if other.path.stat().st_size <= _MAX_MODULE_BYTES:
                    modules.append(other)
    return tuple(modules[:_MAX_MODULES])
