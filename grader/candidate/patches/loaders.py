"""Loaders of data without workers, and loops over them that end early."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from functools import wraps
from itertools import islice
from typing import Any

from torch.utils.data import DataLoader

LOOP_BATCHES, LOOP_IMAGES = 101, 24_000
"""Batches of a loop that is cut short: a history of every hundredth step has an entry. So it is
until so many images were seen, and then a loop ends after `FEW_BATCHES`."""
FEW_BATCHES, SHORT_LOOP = 5, 10
"""A loop of no more than `SHORT_LOOP` batches is never cut."""


def load_in_process() -> None:
    """Make every `torch.utils.data.DataLoader` load in this process, without workers."""
    construct = DataLoader.__init__
    if hasattr(construct, "__wrapped__"):
        return
    parameters = inspect.signature(construct)
    without_workers = {
        "num_workers": 0,
        "pin_memory": False,
        "pin_memory_device": "",
        "timeout": 0,
        "multiprocessing_context": None,
        "prefetch_factor": None,
        "persistent_workers": False,
    }

    @wraps(construct)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        given = parameters.bind(self, *args, **kwargs)
        for name, value in without_workers.items():
            if name in given.arguments:
                given.arguments[name] = value
        construct(*given.args, **given.kwargs)

    DataLoader.__init__ = __init__  # type: ignore[method-assign]


def cut_loops() -> None:
    """End loops over loaders early: with so many images they would take minutes.

    Batches are counted and not seconds, so that two gradings agree.
    """
    iterate = DataLoader.__iter__
    left = LOOP_IMAGES

    @wraps(iterate)
    def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807
        nonlocal left
        size = self.batch_size or 1
        most = LOOP_BATCHES if left > 0 else FEW_BATCHES
        with suppress(TypeError):  # some data sets have no length
            most = len(self) if len(self) <= SHORT_LOOP else most
        for batch in islice(iterate(self), most):
            left -= size
            yield batch

    DataLoader.__iter__ = __iter__  # type: ignore[method-assign, assignment]
