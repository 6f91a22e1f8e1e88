"""Modules of other places where notebooks run, which do nothing here but say so.

Colab's and Kaggle's own modules can be had nowhere else, and the widgets of a browser not without
one. Where a notebook only tries whether it is in such a place, it is told that it is not.
"""

from __future__ import annotations

import ast
import linecache
import sys
import types
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

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
        """Nothing was entered."""


class _Module(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self.__name__}.{name}")


class _Finder(MetaPathFinder, Loader):
    """Finds what no other finder has found."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        known = name in _PLACES or name.startswith("google.colab.")
        if not known or _is_only_tried():
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


class _PlainBars(MetaPathFinder, Loader):
    """Finds the progress bars of text in place of those that a browser draws."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == _TQDM else None

    def exec_module(self, module: types.ModuleType) -> None:
        from tqdm import std

        names = {"tqdm": std.tqdm, "trange": std.trange, "IProgress": None, "WARN_NOIPYW": ""}
        module.__dict__.update(names, tqdm_notebook=std.tqdm, tnrange=std.trange)


def install() -> None:
    """Have these modules found from here on."""
    sys.meta_path.insert(0, _PlainBars())
    sys.meta_path.append(_Finder())


def _is_only_tried() -> bool:
    """Whether the import that is under way stands in a ``try``, or nothing is to be imported."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.endswith(_ASKING):
            return True
        if name != __file__ and not any(place in name for place in _IMPORTLIB):
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
