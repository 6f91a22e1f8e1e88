"""Answers for a GPU that isn't there, where code hard-wires one and asks it for its name or memory.

Whoever asks whether there is one is told that there is none (see `cpu_only`).
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import torch

from grader.candidate.patches.cpu_only import returning

_NUMBERS = (
    *("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved"),
    *("utilization", "temperature", "power_draw", "clock_rate"),
)
_WITHOUT_EFFECT = (
    *("reset_peak_memory_stats", "reset_max_memory_allocated", "reset_accumulated_memory_stats"),
    *("ipc_collect", "init", "set_stream"),
)
_PROPERTIES = SimpleNamespace(
    name="CPU", total_memory=0, major=0, minor=0, multi_processor_count=1, warp_size=1
)


class Event:
    """A mark in time; those of a GPU are read in milliseconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._at = time.perf_counter()

    def record(self, stream: Any = None) -> None:
        """Mark the time that it is now."""
        self._at = time.perf_counter()

    def elapsed_time(self, end: Event) -> float:
        """Return milliseconds from this mark to another."""
        return 1000 * (end._at - self._at)

    def query(self) -> bool:
        """Return True: all that came before is done."""
        return True

    def synchronize(self) -> None:
        """Do nothing; see `query`."""

    wait = record


class Stream:
    """A queue of work; on a CPU none is left in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what a GPU's takes."""

    def query(self) -> bool:
        """Return True: all that came before is done."""
        return True

    def synchronize(self) -> None:
        """Do nothing; see `query`."""

    wait_stream = wait_event = record_event = lambda self, other=None: other or Event()


def install() -> None:
    """Have `torch.cuda` answer without a GPU, from here on in this process."""
    answers: dict[str, Any] = {
        "get_device_name": "CPU",
        "get_device_properties": _PROPERTIES,
        "get_device_capability": (0, 0),
        "memory_summary": "",
        "memory_stats": {},
        "mem_get_info": (0, 0),
        **dict.fromkeys(_NUMBERS, 0),
        **dict.fromkeys(_WITHOUT_EFFECT),
    }
    for name, answer in answers.items():
        for module in (torch.cuda, torch.cuda.memory):
            if hasattr(module, name):
                setattr(module, name, returning(answer))
    cuda: Any = torch.cuda
    cuda.Event = Event
    cuda.Stream = Stream
    cuda.current_stream = cuda.default_stream = returning(Stream())
    cuda.stream = lambda stream: nullcontext()
    for storage in (torch.UntypedStorage, torch.TypedStorage):
        storage.cuda = lambda self, *args, **kwargs: self  # type: ignore[method-assign]
