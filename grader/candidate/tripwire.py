"""Tells which method of a student's touched `torch.distributions`, whatever name it came by.

The source is judged elsewhere; this sees what no reading of the source can. It is evidence against
honest code only: who wants to can step over it.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Collection
from typing import Any

from torch.distributions import Distribution

_PACKAGE = "torch.distributions"
_MODULES = tuple(
    module
    for name, module in sys.modules.items()
    if name == _PACKAGE or name.startswith(_PACKAGE + ".")
)
"""Found once: to look through all modules in a fork would copy their memory."""


class Tripwire:
    """Watches the package from its construction to the end of the process.

    Attributes:
        touched: names of the methods under which it was touched.
    """

    def __init__(self, methods: Collection[str]) -> None:
        self.touched: set[str] = set()
        self._methods = frozenset(methods)
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

    def _note(self) -> None:
        """Remember the nearest of the methods that are running."""
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None:
            code = frame.f_code
            if code.co_name in self._methods and code.co_filename.startswith("cell "):
                self.touched.add(code.co_name)
                return
            frame = frame.f_back
