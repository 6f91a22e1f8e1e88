"""Lets `torchvision` be imported where its compiled operators can't be loaded.

The wheel's operators fit one build of torch; beside another (a CPU build, say) they don't load, and
torchvision then fails as it registers shapes for them. Data sets and transforms need none of them.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence

_REGISTRATIONS = "torchvision._meta_registrations"


class _WithoutOperators(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty module in place of the registrations, where there is nothing to register."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _REGISTRATIONS:
            return None
        # torchvision loads its operators before it imports the registrations.
        extension = sys.modules.get("torchvision.extension")
        if extension is None or extension._has_ops():
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        return None


def install() -> None:
    """From here on ``import torchvision`` works in this process, with or without operators."""
    if not any(isinstance(finder, _WithoutOperators) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutOperators())
