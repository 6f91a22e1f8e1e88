"""Folders that a notebook names: those of Colab and Kaggle lie in its own, and it stays in that."""

from __future__ import annotations

import builtins
import io
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

NOTE = "[The grader has no such folder; this line was passed over.]"
_NAMED = re.compile(r"/content\b|/kaggle\b")
_ELSEWHERE = re.compile(r"/(?:content|kaggle/working)(?=/|$)|/kaggle(?=/|$)")

_ONE_PATH = ("listdir", "lstat", "mkdir", "open", "remove", "rmdir", "scandir", "stat", "unlink")
_TWO_PATHS = ("rename", "replace")


def are_named(source: str) -> bool:
    """Whether code may name a folder of Colab's or Kaggle's."""
    return _NAMED.search(source) is not None


def stay_in(folder: Path) -> None:
    """Pass over every change to a folder that isn't there, or isn't in this one."""
    chdir, home = os.chdir, folder.resolve()

    @wraps(chdir)
    def stay(path: Any) -> None:
        if isinstance(path, int):
            return chdir(path)
        target = Path(os.path.realpath(_here(path, home / "work")))
        if target.is_dir() and (target == home or home in target.parents):
            return chdir(target)
        return print(NOTE)

    os.chdir = stay


def bring_here(folder: Path) -> Callable[..., Any]:
    """Have what is named in Colab's or Kaggle's folders lie in this one; the new ``open``."""
    import torch

    for name in (*_ONE_PATH, *_TWO_PATHS):
        count = 2 if name in _TWO_PATHS else 1
        setattr(os, name, _with_paths(getattr(os, name), folder, range(count)))
    io.open = builtins.open = _with_paths(io.open, folder, (0,))
    torch.save = _with_paths(torch.save, folder, (1,))
    torch.load = _with_paths(torch.load, folder, (0,))
    return builtins.open


def _with_paths(function: Callable[..., Any], folder: Path, places: Any) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(a, (str, os.PathLike)) for a in args):
            return function(*args, **kwargs)
        given = [_here(a, folder) if at in places else a for at, a in enumerate(args)]
        return function(*given, **kwargs)

    return wrapper


def _here(path: Any, folder: Path) -> Any:
    """A path, moved into ``folder`` where it names one of Colab's or Kaggle's."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str) or not (match := _ELSEWHERE.match(name)):
        return path
    moved = folder / name[match.end() :].lstrip("/")
    with suppress(OSError):  # a file there, of which whoever asks for it will be told
        os.makedirs(moved.parent, exist_ok=True)
    return str(moved)
