"""Folders that code names: those of Colab, of Kaggle and for temporary files lie in its own."""

from __future__ import annotations

import builtins
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

from grader.protocol import hosted_folders
from grader.protocol.jobs import Program

NOTE = "[The grader has no such folder; this line was passed over.]"

_ONE_PATH = (
    *("access", "listdir", "lstat", "mkdir", "open", "remove", "rmdir", "scandir", "stat"),
    *("truncate", "unlink", "utime"),
)
_TWO_PATHS = ("link", "rename", "replace", "symlink")
_make_folder = os.mkdir
"""The system's own, which takes a path as it is."""


def stay_in(folder: Path) -> None:
    """Pass over every change to a folder that isn't there, or isn't in this one."""
    chdir, home = os.chdir, folder.resolve()

    @wraps(chdir)
    def stay(path: Any) -> None:
        if isinstance(path, int):
            return chdir(path)
        target = Path(os.path.realpath(_here(path, home / "work", _kept(home))))
        if target.is_dir() and (target == home or home in target.parents):
            return chdir(target)
        return print(NOTE)

    os.chdir = stay


def bring_here(folder: Path) -> Callable[..., Any]:
    """Have what is named in such folders lie in this one; return the new ``open``.

    What lies there already stays in its place: the folder around this one, and Python.
    """
    import dbm
    import sqlite3
    import tarfile

    import torch
    from numpy.lib import _datasource

    kept = _kept(folder.parent)

    for name in (*_ONE_PATH, *_TWO_PATHS):
        count = 2 if name in _TWO_PATHS else 1
        setattr(os, name, _with_paths(getattr(os, name), range(count), folder, kept))
    io.open = builtins.open = _with_paths(io.open, (0,), folder, kept)
    torch.save = _with_paths(torch.save, (1,), folder, kept)
    torch.load = _with_paths(torch.load, (0,), folder, kept)
    script: Any = torch.jit.RecursiveScriptModule
    script.save = _with_paths(script.save, (1,), folder, kept)
    torch.jit.load = _with_paths(torch.jit.load, (0,), folder, kept)
    dbm.open = _with_paths(dbm.open, (0,), folder, kept)
    sqlite3.connect = _with_paths(sqlite3.connect, (0,), folder, kept)
    # These have kept the `open` that was there when they were imported.
    tarfile.bltn_open = builtins.open  # type: ignore[attr-defined]
    with suppress(AttributeError):
        _datasource._file_openers._file_openers[None] = builtins.open  # type: ignore[attr-defined]
    return builtins.open


def bring_named_here(program: Program, folder: str) -> None:
    """Do so where the cells of a program name such folders."""
    if any(hosted_folders.are_named(cell.source) for cell in program.cells):
        bring_here(Path(folder))


def _kept(folder: Path) -> tuple[str, ...]:
    """Return the starts of paths that mean what they say."""
    named = (str(folder), os.path.realpath(folder), sys.prefix, sys.base_prefix, *sys.path)
    return tuple({name.rstrip("/") + "/" for name in named if name.strip("/")})


def _with_paths(
    function: Callable[..., Any], places: Any, folder: Path, kept: tuple[str, ...]
) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(a, (str, bytes, os.PathLike)) for a in args):
            return function(*args, **kwargs)
        given = [_here(a, folder, kept) if at in places else a for at, a in enumerate(args)]
        return function(*given, **kwargs)

    return wrapper


def _here(path: Any, folder: Path, kept: tuple[str, ...]) -> Any:
    """Return a path, moved into ``folder`` where it names one of those elsewhere."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if isinstance(name, bytes):
        return os.fsencode(_here(os.fsdecode(name), folder, kept))
    if not isinstance(name, str) or not (match := hosted_folders.FOLDERS.match(name)):
        return path
    if f"{name}/".startswith(kept):
        return path
    moved = folder / name[match.end() :].lstrip("/")
    for parent in reversed(moved.parents):
        if folder in parent.parents:
            with suppress(OSError):  # there already, or a file, of which whoever asks is told
                _make_folder(parent)
    return str(moved)
