"""The student's own modules in a candidate: empty ones, which a program's statements fill."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Collection, Mapping
from importlib.util import spec_from_loader
from typing import Any


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A finder of modules that are there: to import or reload one executes nothing."""

    def __init__(self, modules: Mapping[str, types.ModuleType]) -> None:
        self.modules = modules

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name not in self.modules:
            return None
        is_package = hasattr(self.modules[name], "__path__")
        return spec_from_loader(name, self, is_package=is_package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return self.modules[spec.name]

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave it as it is."""


def install(names: Collection[str]) -> dict[str, types.ModuleType]:
    """Have imports find empty modules with these names, and return them."""
    modules = {name: types.ModuleType(name) for name in names}
    sys.meta_path[:] = [it for it in sys.meta_path if not isinstance(it, _Finder)]
    if not modules:
        return modules
    sys.meta_path.insert(0, _Finder(modules))
    for name, module in modules.items():
        sys.modules[name] = module
        package, _, last = name.rpartition(".")
        is_package = any(other.startswith(f"{name}.") for other in modules)
        path = name.replace(".", "/")
        module.__file__ = f"{path}/__init__.py" if is_package else f"{path}.py"
        module.__package__ = name if is_package else package
        if is_package:
            module.__path__ = []
        if package in modules:
            setattr(modules[package], last, module)
    return modules


def promise_only_what_is_there(module: types.ModuleType) -> None:
    """Take from ``__all__`` what the module hasn't: it may not be a part of the program."""
    names = vars(module).get("__all__")
    if isinstance(names, (list, tuple)):
        vars(module)["__all__"] = [name for name in names if name in vars(module)]


def rebind(names: Mapping[str, Any]) -> None:
    """Bind in each module those of the names that it binds."""
    for finder in sys.meta_path:
        if isinstance(finder, _Finder):
            for module in finder.modules.values():
                held = vars(module)
                held.update({name: names[name] for name in names.keys() & held.keys()})
