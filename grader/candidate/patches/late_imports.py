"""Has torch and torchvision do without packages that few use, until somebody does.

Nothing is compiled here (see `eager`), but optimisers and torchvision import ``torch._dynamo`` all
the same, to say what of theirs shall not be, and that takes a second. Modules of its name answer
such questions; whoever asks them for anything else has the real ones. ``import torchvision`` brings
all its models, of which a notebook about another model needs none.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

COMPILER = "torch._dynamo"


def _disable(function: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Any:
    return _disable if function is None else function


_PACKAGES: dict[str, dict[str, dict[str, Any]]] = {
    COMPILER: {
        COMPILER: {
            "disable": _disable,
            "graph_break": lambda msg="": None,
            "is_compiling": lambda: False,
        },
        f"{COMPILER}.utils": {"is_compile_supported": lambda device_type: False},
    },
    "torchvision.models": {"torchvision.models": {}},
    "torchvision.ops": {"torchvision.ops": {}},
}
"""By package its modules that have a stand-in, and by their names what these answer themselves."""


class _StandIn(types.ModuleType):
    """A module that becomes the real one once it is asked for what it lacks."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":  # for an import of all names, which would find none here
            real = self._real()
            return getattr(real, name, [it for it in vars(real) if not it.startswith("_")])
        if name.startswith("__"):  # what Python's own imports look for
            raise AttributeError(name)
        return getattr(self._real(), name)

    def __dir__(self) -> list[str]:
        return dir(self._real())

    def _real(self) -> types.ModuleType:
        import_real(_package_of(self.__name__))
        return importlib.import_module(self.__name__)


class _Finder(MetaPathFinder, Loader):
    """Finds the stand-ins; any other module of their packages brings the real ones first."""

    def __init__(self) -> None:
        self.packages = set(_PACKAGES)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, _: object = None
    ) -> ModuleSpec | None:
        package = _package_of(fullname)
        if package not in self.packages:
            return None
        if fullname in _PACKAGES[package]:
            spec = PathFinder.find_spec(fullname, path)  # a stand-in is told to lie in its place
            if spec is not None:
                spec.loader = self
            return spec
        import_real(package)
        module = sys.modules.pop(fullname, None)  # who finds it there would execute it again
        return None if module is None else ModuleSpec(fullname, _Executed(module))

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__.update(_PACKAGES[_package_of(module.__name__)][module.__name__])


class _Executed(Loader):
    """Loads a module that was imported while it was looked for."""

    def __init__(self, module: types.ModuleType) -> None:
        # Some of torch's modules guard their attributes.
        self._module, self._spec = module, module.__dict__.get("__spec__")

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return self._module

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__spec__"] = self._spec


def install() -> None:
    """Have imports find stand-ins for what isn't imported yet."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def is_imported(package: str) -> bool:
    """Return whether the real package has been imported, and nothing stands in for it."""
    return type(sys.modules.get(package)) is types.ModuleType


def import_real(package: str) -> None:
    """Import the real package, and leave nothing of its stand-ins."""
    for finder in sys.meta_path:
        if isinstance(finder, _Finder):
            finder.packages.discard(package)
    for name in _PACKAGES.get(package, ()):
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]
            parent, _, own = name.rpartition(".")
            if parent in sys.modules:
                sys.modules[parent].__dict__.pop(own, None)
    importlib.import_module(package)


def _package_of(name: str) -> str:
    """Return which of the packages a module is in; "" if in none."""
    return next((it for it in _PACKAGES if f"{name}.".startswith(f"{it}.")), "")
