"""The time that a process had, which load on the machine does not change.

It is wall-clock time less what the process waited for a processor, and never less than the CPU time
that it used. So code is given as much on a busy machine as on an idle one, and code that sleeps
comes to its end too. Linux tells it of any process; elsewhere it is wall-clock time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

from grader.examiner.forkserver_client import GraderError

_CPU_CLOCK = 2
_LOOK_SECONDS = 0.25
_SOON_SECONDS = 0.1
_STARVED, _STARVED_SECONDS = 20, 60.0


@dataclass(frozen=True)
class _Reading:
    """A process's clocks at a moment, in seconds.

    Attributes:
        wall: a reading of `time.monotonic`.
        cpu: CPU time of all its threads, those that ended too.
        waited: by thread, how long it could have run but had no processor.
    """

    wall: float
    cpu: float = 0.0
    waited: Mapping[str, float] = field(default_factory=dict)


class Watch:
    """Tells a process's own time, with a look at its clocks every now and then."""

    def __init__(self, pid: int | None) -> None:
        """A process that is not known (None) is given wall-clock time."""
        self._pid = pid
        self._first = self._last = _read(pid)
        self._waited = 0.0
        self._shares: dict[str, float] = {}
        self._had = 0.0

    def now(self) -> float:
        """Return the seconds that the process had since this watch was made.

        The clocks of a wait go on only once it is over, so that one look may see too little of it
        and the next too much: what counts is how much it is since the first.
        """
        last, self._last = self._last, _read(self._pid)
        self._waited += self._waited_since(last)
        wall, cpu = self._last.wall - self._first.wall, self._last.cpu - self._first.cpu
        self._had = max(cpu, wall - self._waited)
        return self._had

    def _waited_since(self, last: _Reading) -> float:
        """Return the seconds that the process waited since the look before.

        The clock of a thread ends with it. One that ended since then is taken to have waited for as
        much of the time as it did before.
        """
        wall = self._last.wall - last.wall
        waits = {
            thread: waited - last.waited[thread] if thread in last.waited else min(waited, wall)
            for thread, waited in self._last.waited.items()
        }
        ended = [share for thread, share in self._shares.items() if thread not in waits]
        self._shares = {thread: waited / wall for thread, waited in waits.items() if wall > 0}
        return max((*waits.values(), *(min(share, 1.0) * wall for share in ended)), default=0.0)

    def about(self) -> float:
        """Return what `now` would, or a little more: soon after a look the wall's clock will do."""
        since = time.monotonic() - self._last.wall
        return self._had + since if since < _SOON_SECONDS else self.now()


class Allowance:
    """What a process may use of its own time from now on.

    Attributes:
        seconds: how much it is, or that of its life if there is less left of it.
    """

    def __init__(self, watch: Watch, seconds: float, life: float) -> None:
        """``seconds`` from now, but no more than ``life`` since the watch was made."""
        self._watch = watch
        had = watch.about()
        self._end = min(had + seconds, life)
        self._first_look = min(self._end - had, _LOOK_SECONDS)
        self.seconds = seconds if had + seconds <= life else life
        self._started = time.monotonic()
        self._starved = max(_STARVED * seconds, _STARVED_SECONDS)

    def left(self) -> float:
        """Return how many seconds may pass until this is asked again.

        Raises:
            TimeoutError: the time is used up.
            GraderError: the machine had no processor for the process for very long.
        """
        passed = time.monotonic() - self._started
        if passed < self._first_look:
            return self._first_look - passed
        left = self._end - self._watch.now()
        if left <= 0:
            raise TimeoutError
        if passed > self._starved:
            raise GraderError(f"the machine was too busy to run code for {passed:.0f} seconds")
        return min(left, _LOOK_SECONDS)


@cache
def is_measured() -> bool:
    """Return whether this system tells how long its processes wait for a processor."""
    return sys.platform == "linux" and os.path.exists("/proc/self/schedstat")


def _read(pid: int | None) -> _Reading:
    """Return the clocks of a process; if it can't be looked at, or has ended, the wall's alone."""
    wall = time.monotonic()
    if sys.platform == "linux" and pid is not None and is_measured():
        with suppress(OSError, ValueError, IndexError):
            # The clock's number is made as clock_getcpuclockid(3) makes it.
            return _Reading(wall, time.clock_gettime(~pid << 3 | _CPU_CLOCK), _waited(pid))
    return _Reading(wall)


def _waited(pid: int) -> dict[str, float]:
    seconds = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            file = os.open(f"/proc/{pid}/task/{thread}/schedstat", os.O_RDONLY)
            try:
                seconds[thread] = int(os.read(file, 100).split()[1]) / 1e9
            finally:
                os.close(file)
    return seconds
