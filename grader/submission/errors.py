"""The exception that turns a submission away."""

from __future__ import annotations


class Ungradable(Exception):  # noqa: N818 - a verdict on a submission, not a fault of the program
    """A submission that can't be graded; ``reason`` says why, and what to do, in one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
