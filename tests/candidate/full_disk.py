"""The worker's service on a machine whose disk gets full while a candidate works."""

from __future__ import annotations

import time

from grader.candidate.worker import become, prepare
from grader.protocol import limits

__all__ = ["become", "prepare"]


class _Disk:
    begun = 0.0

    def least_room(self, folder: str) -> int:
        """Called when a candidate is begun."""
        self.begun = time.monotonic()
        return 1

    def room(self, folder: str) -> int:
        return int(time.monotonic() < self.begun + 1)


_disk = _Disk()
limits.least_room, limits.room = _disk.least_room, _disk.room
