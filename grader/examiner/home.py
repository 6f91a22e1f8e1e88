"""Where candidates live: their folder and what they are forked from. Light to import."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Literal

from grader.examiner import font_list
from grader.examiner.forkserver_client import RootForkServer
from grader.protocol import folders

Isolation = Literal["fork", "spawn"]

WORKER = "grader.candidate.worker"


def default_isolation() -> Isolation:
    """Fork where it is safe after importing torch and numpy: on Linux."""
    return "fork" if sys.platform == "linux" else "spawn"


class Home:
    """A folder of candidates, and a fork server that is starting once this is made.

    Attributes:
        isolation: how candidates are started.
        folder: for temporary files, gone once this is closed.
        fork_server: what candidates are forked from; None where each is spawned.
    """

    def __init__(self, isolation: Isolation | None = None, many: bool = False) -> None:
        """Make the folder and start the fork server, without waiting for it.

        ``many`` says that it will fork for many submissions.
        """
        self.isolation = isolation or default_isolation()
        self.fork_server: RootForkServer | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        try:
            with _ctrl_c_later():  # or nobody would know of a process that has just begun
                self._start(many)
        except BaseException:
            self.close()
            raise

    def _start(self, many: bool) -> None:
        if self.isolation == "fork":
            font_list.hand_over(self.folder / "matplotlib")
            forks = "many" if many else "few"
            self.fork_server = RootForkServer(self._folder.name, WORKER, forks)

    def close(self) -> None:
        """End the fork server and all that it forked, and remove the folder."""
        if self.fork_server is not None:
            self.fork_server.close()
        folders.clear(self._folder.name)
        self._folder.cleanup()


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hear of Ctrl-C in the main thread when the context ends, in place of in its middle."""
    heard: list[FrameType | None] = []
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    signal.signal(signal.SIGINT, lambda _, frame: heard.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    for frame in heard[:1]:
        handler(signal.SIGINT, frame)
