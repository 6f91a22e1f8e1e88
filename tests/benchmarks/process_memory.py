"""Memory of a process and of all below it, sampled while it works."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_BUSY = 0.02


@dataclass
class Samples:
    """Time (of ``time.time``) and bytes of each sample; how long sampling took in all."""

    points: list[tuple[float, int]] = field(default_factory=list)
    seconds: float = 0.0
    processes: int = 0

    def between(self, start: float, end: float) -> list[int]:
        """The bytes sampled in that time."""
        return [size for moment, size in self.points if start <= moment <= end]


@contextlib.contextmanager
def sampled(pid: int, pause: float, busy: float = _BUSY) -> Iterator[Samples]:
    """Sample the tree below ``pid`` every ``pause`` seconds, or less often where that is costly.

    Sampling may take the part ``busy`` of one core's time; the pauses grow until it does.
    """
    samples, done = Samples(), threading.Event()

    def watch() -> None:
        took = 0.0
        while not done.wait(max(pause, took / busy)):
            started = time.thread_time()
            tree = descendants(pid)
            samples.points.append((time.time(), sum(map(proportional, tree))))
            samples.processes = max(samples.processes, len(tree))
            took = time.thread_time() - started
            samples.seconds += took

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield samples
    finally:
        done.set()
        watcher.join()


def descendants(pid: int) -> set[int]:
    """A process and all that come from it, whichever of its threads started them."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text("utf-8", "replace")
            parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def proportional(pid: int) -> int:
    """A process's bytes, its part of what it shares with others included; 0 if it has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    except OSError:
        # Who is not root may not read a confined process's; its private pages are told to all.
        with contextlib.suppress(OSError):
            _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text("ascii").split()
            return _PAGE * (int(resident) - int(shared))
    return 0
