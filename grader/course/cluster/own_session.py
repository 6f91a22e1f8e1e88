"""Loaded by the workers of this machine as they start: Ctrl-C at the terminal isn't for them.

Who started them hears it, and ends them in good order.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def dask_setup(worker: Any) -> None:
    """Leave the terminal, and hear Ctrl-C again: kernels of notebooks are interrupted by it."""
    if sys.platform != "win32":
        if os.getsid(0) != os.getpid():
            os.setsid()
        heard_by = signal.signal(signal.SIGINT, signal.SIG_IGN)  # forgets what came until now
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, heard_by)
