"""Where candidates live: their folder and what they are forked from. Light to import."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
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

    def __init__(self, isolation: Isolation | None = None) -> None:
        """Make the folder and start the fork server, without waiting for it."""
        self.isolation = isolation or default_isolation()
        self._folder = tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.fork_server: RootForkServer | None = None
        if self.isolation == "fork":
            font_list.hand_over(self.folder / "matplotlib")
            self.fork_server = RootForkServer(self._folder.name, WORKER)

    def close(self) -> None:
        """End the fork server and all that it forked, and remove the folder."""
        if self.fork_server is not None:
            self.fork_server.close()
        folders.clear(self._folder.name)
        self._folder.cleanup()
