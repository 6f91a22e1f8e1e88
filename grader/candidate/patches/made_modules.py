"""Modules that are made here, in place of those that imports would find or not find."""

from __future__ import annotations

import types
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec


class ModuleMaker(MetaPathFinder, Loader):
    """Finds modules of one kind, as packages, and fills them."""

    def __init__(
        self,
        is_meant: Callable[[str], bool],
        kind: type[types.ModuleType] = types.ModuleType,
        fill: Callable[[types.ModuleType], None] = lambda module: None,
    ) -> None:
        """``is_meant`` says of a module's name whether it is made here; ``fill`` fills it."""
        self._is_meant, self._kind, self._fill = is_meant, kind, fill

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Find a module that is meant."""
        if not self._is_meant(fullname):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """Make an empty one."""
        return self._kind(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill it."""
        self._fill(module)
