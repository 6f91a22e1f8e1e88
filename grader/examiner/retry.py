"""A second attempt, with nothing beside it, for what the machine may have interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from grader.examiner import machine
from grader.examiner.endings import InterruptionError
from grader.examiner.forkserver_client import GraderError
from grader.examiner.turns import Turns

Outcome = TypeVar("Outcome")

MODEST_BYTES = 1 << 30
"""Memory that no run needs: one that holds less was not what filled the machine's."""


def with_retry(attempt: Callable[[], Outcome], turns: Turns) -> Outcome:
    """Return what comes of an attempt, or of another if the first may have been interrupted.

    An ending of unknown cause is the submission's own doing if it comes both times, and nothing
    points to the machine.

    Raises:
        GraderError or OSError: the machine kept both from their end.
    """
    try:
        with turns.beside():
            return attempt()
    except InterruptionError as error:
        first = error.outcome
    except (GraderError, OSError):
        first = None
    with turns.alone():
        killed = machine.killed_for_memory()
        try:
            return attempt()
        except InterruptionError as error:
            if machine.killed_for_memory() > killed and error.peak_bytes < MODEST_BYTES:
                raise GraderError("the machine had no memory left") from error
            if first is None or error.outcome is None:
                raise
            second: Outcome = error.outcome
            return second
