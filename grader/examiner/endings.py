"""How a process that executes a submission's code ended, and whose doing that was."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from grader.examiner.forkserver_client import GraderError

Outcome = TypeVar("Outcome")

_SENT_BY_LIMITS = ("SIGSYS", "SIGXCPU", "SIGXFSZ")
"""Signals that the system sends to a process for what it did itself, and to no other."""


@dataclass(frozen=True)
class Ending:
    """How a process ended.

    Attributes:
        words: how, for a person.
        by: whose doing it was: its own, if it left Python or went beyond a limit of its own; the
            machine's, if the fork server is gone as well; and unknown if it got a signal, which it
            may have sent to itself.
        peak_bytes: memory that it held at the most; 0 if that is not known.
        excess: what it had too much of, for which the fork server killed it.
    """

    words: str
    by: Literal["itself", "unknown", "machine"]
    peak_bytes: int = 0
    excess: Literal["folder", "disk"] | None = None


class InterruptionError(GraderError):
    """A run or a training was ended, and not certainly by the submission.

    Attributes:
        outcome: what came of it if it was the submission; None if it can't have been.
        peak_bytes: memory that its process held at the most; 0 if that is not known.
    """

    def __init__(self, words: str, outcome: Any = None, peak_bytes: int = 0) -> None:
        super().__init__(words)
        self.outcome = outcome
        self.peak_bytes = peak_bytes


def attribute_ending(outcome: Outcome, ending: Ending) -> Outcome:
    """Return the outcome of a process that ended, if the ending was its own doing.

    Raises:
        InterruptionError: it may have been somebody else's.
    """
    if ending.by == "itself":
        return outcome
    blamed = outcome if ending.by == "unknown" else None
    raise InterruptionError(ending.words, blamed, ending.peak_bytes) from None


def ending_of(
    code: int, peak_bytes: int = 0, excess: Literal["folder", "disk"] | None = None
) -> Ending:
    """Return the ending that an exit status tells; a negative one is minus a signal's number."""
    if code >= 0:
        return Ending(_words(code), "itself")
    is_own = any(-code == getattr(signal, name, None) for name in _SENT_BY_LIMITS)
    return Ending(_words(code), "itself" if is_own else "unknown", peak_bytes, excess)


def _words(code: int) -> str:
    """Return how a process ended."""
    if code >= 0:
        return f"it left Python with exit status {code}"
    meanings = {
        "SIGXCPU": "it used more CPU time than is allowed",
        "SIGKILL": "it was killed",
        "SIGSEGV": "it crashed with a segmentation fault",
        "SIGABRT": "it aborted",
        "SIGSYS": "it made a system call that is not allowed",
        "SIGXFSZ": "it wrote a file that is too large",
    }
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return meanings.get(name, f"it was ended by {name}")
