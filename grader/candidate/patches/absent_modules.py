"""Modules of other places where notebooks run, which do nothing here but say so.

Colab's and Kaggle's own modules can be had nowhere else, and the widgets of a browser not without
one. Where a notebook only tries whether it is in such a place, it is told that it is not.
"""

from __future__ import annotations

import ast
import linecache
import sys
import types
from collections.abc import Iterator
from typing import Any

from grader.candidate.patches import made_modules
from grader.candidate.patches.made_modules import ModuleMaker

_PLACES = (
    *("google", "google.colab", "kaggle_secrets", "kaggle_datasets", "ipympl"),
    *("ipdb", "pudb", "web_pdb"),  # debuggers, which nobody is at
)
_TQDM = "tqdm.notebook"
_ASKING = ("<frozen importlib.util>", "importlib/util.py")
"""Where it is only found out whether a module is there."""
_IMPORTLIB = ("<frozen importlib", "importlib/__init__.py")


class Nothing:
    """Stands for all that such a module holds: it can be called, entered and looped over."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self._name}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Nothing:
        print(f"[The grader has no {self._name}; this was passed over.]")
        return self

    def __getitem__(self, key: Any) -> Nothing:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing: nothing was entered."""


class _Module(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self.__name__}.{name}")


def _is_absent(name: str) -> bool:
    known = name in _PLACES or name.startswith("google.colab.")
    return known and not _is_only_tried()


def _draw_bars_in_text(module: types.ModuleType) -> None:
    """Fill a module with the progress bars of text in place of those that a browser draws."""
    from tqdm import std

    names = {"tqdm": std.tqdm, "trange": std.trange, "IProgress": None, "WARN_NOIPYW": ""}
    module.__dict__.update(names, tqdm_notebook=std.tqdm, tnrange=std.trange)


def install() -> None:
    """Have these modules found from here on."""
    bars = ModuleMaker(lambda name: name == _TQDM, fill=_draw_bars_in_text)
    sys.meta_path.insert(0, bars)
    sys.meta_path.append(ModuleMaker(_is_absent, _Module))  # after all other finders


def _is_only_tried() -> bool:
    """Return whether the import under way stands in a ``try``, or nothing is to be imported."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.endswith(_ASKING):
            return True
        if name not in (__file__, made_modules.__file__) and not any(
            place in name for place in _IMPORTLIB
        ):
            break
        frame = frame.f_back
    if frame is None:
        return False
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except SyntaxError:
        return False
    lines = (
        (node.body[0].lineno, node.body[-1].end_lineno or 0)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try)
    )
    return any(first <= frame.f_lineno <= last for first, last in lines)
