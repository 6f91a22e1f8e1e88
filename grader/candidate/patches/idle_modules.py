"""Modules that do nothing in a check.

Plots, progress bars and debuggers that were left in a method change nothing that it returns, so
idle modules take their place. A package that isn't installed has one too, as long as nothing that
is computed needs it: its functions may be called and its decorators applied, but whoever uses what
came of them is told that the package is missing.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from opcode import opmap
from typing import Any, NoReturn, TypeVar

import torch

from grader.candidate.patches import absent_bases, simple_packages
from grader.candidate.patches.made_modules import ModuleMaker

Outcome = TypeVar("Outcome")

SHOWS = frozenset(
    (
        *("IPython", "altair", "bokeh", "clearml", "comet_ml", "google.colab", "ipywidgets"),
        *("livelossplot", "matplotlib", "mlflow", "mpl_toolkits", "neptune", "plotly", "seaborn"),
        *("tensorboard", "tensorboardX", "torch.utils.tensorboard", "torchinfo", "torchsummary"),
        *("torchviz", "visdom", "wandb"),
    )
)
"""They plot, print or keep a record."""

BARS = frozenset(["alive_progress", "enlighten", "fastprogress", "progressbar", "tqdm"])
"""They iterate over what they are given and show how far they are."""

DEBUGGERS = frozenset(["debugpy", "ipdb", "pdb", "pdbpp", "pudb", "web_pdb"])

_FROM_LIBRARIES = 20
"""So many packages may be missing in one submission, which is more than any imports."""

_UNPACKING = opmap["UNPACK_SEQUENCE"], opmap["UNPACK_EX"]


class Idle:
    """Anything of an idle module: whatever is done to it leads to another one.

    ``given`` is what the call that made it was given, and ``missing`` the package if it isn't
    installed: then its value can't be had.
    """

    def __init__(self, name: str, missing: str | None = None, given: Sequence[Any] = ()) -> None:
        if isinstance(name, torch.nn.Module):  # 'pl.LightningModule.__init__(self)'
            absent_bases.initialise(name)
            return
        self.__dict__.update(_name=name, _missing=missing, _given=tuple(given))

    def _next(self, given: Sequence[Any] = ()) -> Idle:
        return Idle(self._name, self._missing, given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python and libraries ask everything for
            raise AttributeError(name)
        if name in ("trange", "tnrange") and _is_listed(self._name, BARS):
            return lambda *numbers, **_: self._next((range(*numbers),))
        if (simple := simple_packages.known(self._missing, name)) is not None:
            return simple
        if self._missing and _ADDS.match(name):
            return _adder(self._next())
        return self._next()

    def __setattr__(self, name: str, value: Any) -> None:
        """Take note of nothing."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        alone = len(given) == 1 and not named
        if alone and isinstance(given[0], (types.FunctionType, type, staticmethod, classmethod)):
            return given[0]  # as a decorator
        return self._next(given or tuple(named[n] for n in ("iterable", "sequence") if n in named))

    def __getitem__(self, key: Any) -> Idle:
        return self._next()

    def __setitem__(self, key: Any, value: Any) -> None:
        """Take note of nothing."""

    def __iter__(self) -> Iterator[Any]:
        if self._given and _is_listed(self._name, BARS):
            return iter(self._given[0])
        if self._missing:
            self.refuse()
        frame = sys._getframe(1)
        operation = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
        if operation and operation[0] in _UNPACKING:  # 'figure, axes = plt.subplots()'
            return iter([self._next() for _ in range(operation[1])])
        return iter(())

    def __len__(self) -> int:
        if self._given and _is_listed(self._name, BARS):
            return len(self._given[0])
        return self.refuse() if self._missing else 0

    def __bool__(self) -> bool:
        return self.refuse() if self._missing else False

    def __enter__(self) -> Idle:
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave exceptions to others."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        """Have a base of its own stand for it, ``class Net(lightning.LightningModule)``."""
        return (absent_bases.standing_for(self, self._missing, bases),)

    def __or__(self, other: Any) -> Idle:
        return self._next()  # in an annotation

    __ror__ = __or__

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Say why the value can't be had.

        Raises:
            ModuleNotFoundError: the package isn't installed.
            RuntimeError: it does nothing in a check.
        """
        raise self._why()

    def _why(self) -> Exception:
        if self._missing:
            return ModuleNotFoundError(
                f"the package {self._missing} isn't installed where this is graded",
                name=self._missing,
            )
        return RuntimeError(f"{self._name} does nothing in a check, so it has no value here")

    def _computed(self, *_: Any) -> Idle:
        return self.refuse() if self._missing else self._next()

    @classmethod
    def __torch_function__(
        cls, function: Any, kinds: Any, given: Any = (), named: Any = None
    ) -> NoReturn:
        waiting = [*given, *(named or {}).values()]
        for value in waiting:
            if isinstance(value, cls):
                value.refuse()
            if isinstance(value, (list, tuple)):
                waiting.extend(value)
        raise TypeError("an object of no value was given to torch")

    __array__ = __array_ufunc__ = __float__ = __int__ = __index__ = refuse


for _name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and"]:
    for _side in ("", "r"):
        setattr(Idle, f"__{_side}{_name}__", Idle._computed)
for _name in ["neg", "pos", "abs", "lt", "le", "gt", "ge"]:
    setattr(Idle, f"__{_name}__", Idle._computed)


class _Module(types.ModuleType):
    """An idle module."""

    def __getattr__(self, name: str) -> Any:
        return getattr(Idle(self.__name__, _missing_package(self.__name__)), name)


_missing: set[str] = set()
_real: set[str] = set()
_plotting: set[str] = set()


def _is_listed(name: str, packages: frozenset[str] | set[str]) -> bool:
    """Return whether a module is one of the packages, or in one."""
    parts = name.split(".")
    return any(".".join(parts[:count]) in packages for count in range(1, len(parts) + 1))


def _missing_package(name: str) -> str | None:
    return name.partition(".")[0] if _is_listed(name, _missing) else None


def _is_idle(name: str) -> bool:
    """Return whether an import gets an idle module; those of libraries get what there is."""
    idle = _is_listed(name, _plotting | BARS | DEBUGGERS) and not _is_listed(name, _real)
    return (idle and _is_asked_by_student()) or _is_listed(name, _missing)


def _fill(module: types.ModuleType) -> None:
    """Leave a module empty, but for what is so simple that it can be had all the same."""
    if _is_listed(module.__name__, _FASTCORE):
        module.__dict__.update(patch=_patch, patch_to=_patch_to)


_FASTCORE = frozenset(["fastcore"])


def _patch(function: Any = None, **_: Any) -> Any:
    """Add a function to the class in the annotation of its first parameter."""
    if function is None:
        return _patch
    first = next(iter(inspect.signature(function, eval_str=True).parameters.values()))
    return _patch_to(first.annotation)(function)


def _patch_to(owner: Any, **_: Any) -> Any:
    """Add a function to a class, or to several."""

    def add(function: Any) -> Any:
        for kind in owner if isinstance(owner, (tuple, list)) else (owner,):
            setattr(kind, function.__name__, function)
        return function

    return add


_ADDS = re.compile(r"(?:add_(?:to|method)|patch|monkey_?patch|attach|extend|extension)(?:_|$)")
"""What helpers are called that add a method to a class that is there already."""


def _adder(idle: Idle) -> Callable[..., Any]:
    """Return what adds a function to a class, or to that in its annotation; else idle."""

    def add(*given: Any, **named: Any) -> Any:
        values = [*given, *named.values()]
        if values and all(isinstance(value, type) for value in values):
            return _patch_to(tuple(values))
        if len(values) == 1 and isinstance(values[0], types.FunctionType):
            first = next(iter(inspect.signature(values[0]).parameters.values()), None)
            if first is not None and first.annotation is not first.empty:
                return _patch(values[0])
        return idle(*given, **named) if values else add

    return add


def _is_asked_by_student() -> bool:
    frame: types.FrameType | None = sys._getframe(3)
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None and not os.path.isabs(frame.f_code.co_filename)


def install(plotting: Iterable[str] = ()) -> None:
    """Have the student's code meet idle modules, from here to the end of the process.

    ``plotting`` are modules that plot, beside those that are known to.
    """
    _plotting.update(SHOWS, plotting)
    sys.meta_path.insert(0, ModuleMaker(_is_idle, _Module, _fill))
    for name in [name for name in sys.modules if _is_listed(name, BARS)]:
        del sys.modules[name]  # some library's, and not the student's
    for name in DEBUGGERS & sys.modules.keys():
        sys.modules[name] = _Module(name)
    sys.breakpointhook = lambda *_, **__: None


def show() -> None:
    """Let what plots be itself, where it may be more than a plot."""
    _real.update(_plotting)


def tolerating_missing(work: Callable[[], Outcome]) -> Outcome:
    """Return what ``work`` returns; once more, where a module is missing that it imports.

    Raises:
        ModuleNotFoundError: it needs more of the module than its being there.
    """
    while True:
        try:
            return work()
        except ModuleNotFoundError as error:
            name = error.name
            if not name or _is_listed(name, _missing) or name.partition(".")[0] == "grader":
                raise
            if len(_missing) >= _FROM_LIBRARIES:
                raise
            _missing.add(name)
