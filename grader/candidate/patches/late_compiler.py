"""Has torch do without its compiler until somebody uses it: to import that takes a second.

Nothing is compiled here (see `eager`), but optimisers and torchvision import ``torch._dynamo`` all
the same, to say what of theirs shall not be. Modules of its name answer that; whoever asks them for
anything else has the real ones.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

COMPILER = "torch._dynamo"
_UTILITIES = f"{COMPILER}.utils"


class _StandIn(types.ModuleType):
    """A module that becomes the real one once it is asked for what it lacks."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python's own imports look for
            raise AttributeError(name)
        import_real()
        return getattr(importlib.import_module(self.__name__), name)


class _Finder(MetaPathFinder, Loader):
    """Finds the stand-ins; any other module of the compiler's brings the real ones first."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname in (COMPILER, _UTILITIES):
            return ModuleSpec(fullname, self, is_package=fullname == COMPILER)
        if fullname.startswith(f"{COMPILER}."):
            import_real()
            return ModuleSpec(fullname, self) if fullname in sys.modules else None
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return sys.modules[spec.name] if spec.name in sys.modules else _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        if isinstance(module, _StandIn):
            module.__dict__.update(_ANSWERS[module.__name__])


def install() -> None:
    """Have imports find the stand-ins, where the real ones aren't there already."""
    if not is_imported() and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def is_imported() -> bool:
    """Return whether the real compiler has been imported."""
    module = sys.modules.get(COMPILER)
    return module is not None and not isinstance(module, _StandIn)


def import_real() -> None:
    """Import the real compiler, and leave nothing of the stand-ins."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
    for name in _ANSWERS:
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]
            parent, _, own = name.rpartition(".")
            if parent in sys.modules:
                sys.modules[parent].__dict__.pop(own, None)
    importlib.import_module(COMPILER)


def _disable(function: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Any:
    return _disable if function is None else function


_ANSWERS: dict[str, dict[str, Any]] = {
    COMPILER: {
        "disable": _disable,
        "graph_break": lambda msg="": None,
        "is_compiling": lambda: False,
    },
    _UTILITIES: {"is_compile_supported": lambda device_type: False},
}
"""What is asked for by who compiles nothing, by module."""
