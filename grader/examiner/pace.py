"""How long one grading may take: what its checks, run and training tell each other of that."""

from __future__ import annotations

import time
from threading import Lock

from grader.examiner.forkserver_client import GraderError

HURRIED_SECONDS = 10.0
"""How long a run or a training has in all once a method is known to hang; it may not need it."""


class GivesWayError(GraderError):
    """A submission takes long while others wait: it is to be graded again when they are done."""

    def __init__(self) -> None:
        super().__init__("the submission takes long, and others wait")


class Pace:
    """The pace of one grading, in whatever threads.

    Attributes:
        gives_way: whether it ends where something takes long, to be begun anew later.
        making_sure: held while it is found out whether something hangs for sure.
    """

    def __init__(self, gives_way: bool = False) -> None:
        """``gives_way`` is for a grading that others wait for."""
        self.gives_way = gives_way
        self.making_sure = Lock()
        self._is_hurried = self._gave_way = False

    @property
    def is_hurried(self) -> bool:
        """Whether something has hung twice in a row: the submission hangs for sure."""
        return self._is_hurried

    def hurry(self) -> None:
        """Have what goes on beside the checks end soon."""
        self._is_hurried = True

    def give_way(self) -> GivesWayError:
        """Have all of the grading end; returns what to raise."""
        self._gave_way = True
        return GivesWayError()

    def require_way(self) -> None:
        """See that the grading goes on.

        Raises:
            GivesWayError: it has given way.
        """
        if self._gave_way:
            raise GivesWayError

    def is_over(self, started: float) -> bool:
        """Return whether what began at a reading of `time.monotonic` is to end now."""
        return self._gave_way or (self._is_hurried and time.monotonic() - started > HURRIED_SECONDS)
