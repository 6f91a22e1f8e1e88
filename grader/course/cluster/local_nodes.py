"""Nodes that are processes of this machine: forks of one that has imported what each needs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import process, resource_tracker
from pathlib import Path

METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""How they are started: elsewhere libraries aren't safe to be forked."""
_IMPORTED = ["distributed", "grader.course.cluster.node"]


def start_importing(folder: Path) -> None:
    """Begin with what they import, while this process imports Dask for itself.

    Args:
        folder: for a socket; who finds what a killed grading left removes it.
    """
    if METHOD != "forkserver":
        return
    from multiprocessing import forkserver

    multiprocessing.set_forkserver_preload(_IMPORTED)
    config = process.current_process()._config  # type: ignore[attr-defined]
    # By a short name, for one of a socket may not be long; this process alone connects to it.
    config["tempdir"] = f"/proc/self/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY)}"
    try:
        with ctrl_c_later():
            forkserver.ensure_running()
    finally:
        del config["tempdir"]


@contextmanager
def ctrl_c_later() -> Iterator[None]:
    """Hold Ctrl-C back, from this thread and from all that is started in it."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it would let Ctrl-C through as it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
