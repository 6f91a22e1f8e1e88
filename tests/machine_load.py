"""A machine that has much else to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that compute without end.

    Each has a session of its own, for Linux shares the processors out among sessions.
    """
    spin = [sys.executable, "-c", "while True: pass"]
    started = [subprocess.Popen(spin, start_new_session=True) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()
