"""Questions that code asks with ``input()``, where nobody is there to answer them.

An empty answer may do, ``int(input() or 40)``. What would be made of another is told to be missing.
"""

from __future__ import annotations

import builtins
import getpass
from typing import Any, NoReturn

from grader.candidate.patches.idle_modules import Idle

UNANSWERED = "input() has nobody to answer it here"

_MOST = 50
"""So many questions are answered: a loop that asks until it can read the answer would never end."""


class Unanswered(Idle):
    """Stands for what code would have made of an answer."""

    def __init__(self) -> None:
        super().__init__("input()", missing="input()")

    def _next(self, given: Any = ()) -> Idle:
        return self

    def _why(self) -> Exception:
        return RuntimeError(UNANSWERED)


class _Nothing(str):
    """The empty answer, which is no number."""

    def __int__(self) -> NoReturn:
        raise ValueError(UNANSWERED)

    __float__ = __int__

    def strip(self, chars: str | None = None) -> str:
        """Return the same."""
        return self

    lstrip = rstrip = strip


class _Asking:
    """What ``input`` is; ``asked`` counts how often it was called."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *_: Any, **__: Any) -> str:
        self.asked += 1
        if self.asked > _MOST:
            raise EOFError(UNANSWERED)
        return _Nothing()


def install() -> None:
    """Answer nothing, from here to the end of the process."""
    asking: Any = _Asking()
    builtins.input = getpass.getpass = asking


def asked() -> int:
    """Return how many questions were asked so far."""
    asking: Any = builtins.input
    return asking.asked if type(asking) is _Asking else 0
