"""Tells which method of a student's touched `torch.distributions`, whatever name it came by.

The source is judged elsewhere; this sees what no reading of the source can. It is evidence against
honest code only: who wants to can step over it.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import types
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import torch.distributions
from torch.distributions import Distribution

_PACKAGE = "torch.distributions"
_FOLDER = os.path.dirname(torch.distributions.__file__)
_MODULES = tuple(
    module
    for name, module in sys.modules.items()
    if name == _PACKAGE or name.startswith(_PACKAGE + ".")
)
"""Found once: to look through all modules in a fork would copy their memory."""

_MAX_WRAPPERS = 20


@dataclass(frozen=True)
class _Method:
    """What runs when a method of the class is called.

    ``known`` are names that tell it from others with the same code, with their values there: the
    function that a decorator wraps, or the object that is called.
    """

    name: str
    code: types.CodeType
    known: dict[str, Any]

    def is_run_by(self, frame: types.FrameType) -> bool:
        """Return whether the frame is a call of the method."""
        if frame.f_code is not self.code:
            return False
        values = frame.f_locals
        return all(values.get(name, self) is value for name, value in self.known.items())


class Tripwire:
    """Watches the package from its construction to the end of the process.

    Attributes:
        touched: names of the methods under which it was touched.
        asked: the method that the examiner calls at the moment.
    """

    def __init__(self, methods: Collection[str]) -> None:
        self.touched: set[str] = set()
        self.asked: str | None = None
        self._names = frozenset(methods)
        self._methods: tuple[_Method, ...] = ()
        note = self._note

        class Watched(types.ModuleType):
            def __getattribute__(self, name: str) -> Any:
                # What a module says of itself is asked for by those who look through all modules.
                if not name.startswith("__"):
                    note()
                return super().__getattribute__(name)

        for module in _MODULES:
            module.__class__ = Watched

        def watched(distribution: Distribution, name: str) -> Any:
            note()
            return object.__getattribute__(distribution, name)

        Distribution.__getattribute__ = watched  # type: ignore[method-assign, assignment]

    def watch(self, owner: Any) -> None:
        """Take the methods of a class, and later those that an instance has of its own."""
        methods = tuple(filter(None, (_method(name, owner) for name in self._names)))
        self._methods = methods if isinstance(owner, type) else (*self._methods, *methods)

    def _note(self) -> None:
        """Remember the nearest of the methods that are running, if the student's code asks."""
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename.startswith(_FOLDER):
            frame = frame.f_back
        if frame is None or not _is_students(frame):
            return  # a library asks for itself
        running = next(self._running(frame), None) or next(self._named(frame), self.asked)
        self.touched.update([running] if running else [])

    def _running(self, frame: types.FrameType) -> Iterator[str]:
        for caller in _callers(frame):
            yield from (method.name for method in self._methods if method.is_run_by(caller))

    def _named(self, frame: types.FrameType) -> Iterator[str]:
        """Yield methods by the names of functions: those that no class has, such as a lookup's."""
        for caller in _callers(frame):
            if caller.f_code.co_name in self._names and _is_students(caller):
                yield caller.f_code.co_name


def _callers(frame: types.FrameType | None) -> Iterator[types.FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_students(frame: types.FrameType) -> bool:
    """Return whether code is a cell's, or what one executes or makes from text."""
    name = frame.f_code.co_filename
    return not os.path.isabs(name) and not name.startswith("<frozen ")


def _method(name: str, owner: Any) -> _Method | None:
    """Return the Python code behind an attribute, if there is any."""
    attribute = inspect.getattr_static(owner, name, None)
    for _ in range(_MAX_WRAPPERS):
        if isinstance(attribute, types.FunctionType):
            cells = zip(attribute.__code__.co_freevars, attribute.__closure__ or (), strict=True)
            values = {free: _content(cell) for free, cell in cells}
            # What is counted or kept in a closure may change from call to call.
            known = {free: v for free, v in values.items() if callable(v) or isinstance(v, str)}
            return _Method(name, attribute.__code__, known)
        call = inspect.getattr_static(type(attribute), "__call__", None)
        if isinstance(attribute, (functools.partial, functools.partialmethod)):
            attribute = attribute.func
        elif isinstance(call, types.FunctionType):
            return _Method(name, call.__code__, {call.__code__.co_varnames[0]: attribute})
        else:
            attribute = getattr(attribute, "__func__", None) or getattr(
                attribute, "__wrapped__", None
            )
    return None


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None
