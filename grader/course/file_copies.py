"""Copies of what is graded, since the files of a course may change or go away meanwhile."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from grader.platforms.download import File
from grader.submission.beside import NOTEBOOK_FOLDERS, UP
from grader.submission.kinds import Kind
from grader.submission.load import MAX_BYTES

_SUFFIXES = {Kind.NOTEBOOK: ".ipynb", Kind.SCRIPT: ".py"}
_WORD = "[A-Za-z_][A-Za-z0-9_]{0,60}"
_MODULE = re.compile(rf"(?:\.\./)?(?:{_WORD}/){{0,4}}{_WORD}\.py")
_MAX_MODULE_BYTES = 1_000_000
_MAX_MODULES = 60


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
    files = [(name_beside(module, file), content_of(module) or b"") for module in modules]
    return written_copy(folder, name_of_copy(file, folder.name), content, files)


def written_copy(
    folder: Path, name: str, content: bytes, modules: Iterable[tuple[str, bytes]] = ()
) -> Path:
    """Write a notebook into a new folder, and what it may import beside it; return its path.

    Raises:
        OSError: it can't be written.
    """
    folder.mkdir()
    files = list(modules)
    around = any(module.startswith(UP) for module, _ in files)
    copy = (folder / NOTEBOOK_FOLDERS[0] if around else folder) / name
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(content)
    for module, text in files:
        path = Path(os.path.normpath(copy.parent / module))
        if path != copy:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
    return copy


def modules_beside(file: File, files: Sequence[File]) -> tuple[File, ...]:
    """Return what of the same student's the notebook may import: scripts in and below its folder.

    Those in and below the folder around it count too if its own is one for notebooks.
    """
    modules = []
    for other in files:
        name = name_beside(other, file)
        is_module = _MODULE.fullmatch(name) is not None and not other.is_given
        if other.parts != file.parts and is_module and other.path is not None:
            with suppress(OSError):
                if other.path.stat().st_size <= _MAX_MODULE_BYTES:
                    modules.append(other)
    modules.sort(key=lambda module: len(module.parts))
    return tuple(modules[:_MAX_MODULES])


def name_beside(file: File, notebook: File) -> str:
    """Return the path of a file from a notebook's folder; "" if that is none of its files."""
    folder = notebook.parts[:-1]
    if file.parts[: len(folder)] == folder:
        return "/".join(file.parts[len(folder) :])
    around = folder[:-1]
    if folder and folder[-1].lower() in NOTEBOOK_FOLDERS and file.parts[: len(around)] == around:
        return UP + "/".join(file.parts[len(around) :])
    return ""
