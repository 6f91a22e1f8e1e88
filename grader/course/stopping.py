"""Handle signals that ask for an end as Ctrl-C, so that work under way is cleaned up."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_ASKING = ("SIGTERM", "SIGHUP")


class Stopped(KeyboardInterrupt):
    """The grading was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_status(stop: KeyboardInterrupt) -> int:
    """Return the exit status that says which signal ended a program."""
    return 128 + (stop.number if isinstance(stop, Stopped) else signal.SIGINT)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` here when a signal asks for an end; a second one ends the process at once.

    A signal that is ignored, as `nohup` has it, stays ignored.
    """
    kinds = [getattr(signal, name) for name in _ASKING if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        kinds = []  # signals are for the main thread to hear
    before = {kind: signal.getsignal(kind) for kind in kinds}
    heard = [kind for kind in kinds if before[kind] == signal.SIG_DFL]

    def stop(number: int, _: FrameType | None) -> None:
        for kind in heard:
            signal.signal(kind, signal.SIG_DFL)
        raise Stopped(number)

    for kind in heard:
        signal.signal(kind, stop)
    try:
        yield
    finally:
        for kind in heard:
            signal.signal(kind, before[kind])
