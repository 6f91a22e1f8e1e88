"""How long candidates may take, in their own time (see `cpu_time`): load changes nothing in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Limits for building the model, for each call, and for all of them.

    Calls that are repeated have the time of three: drawing pixel by pixel in Python takes seconds.

    Attributes:
        words: behind the seconds, where a student is told of them.
    """

    setup_seconds: float = 20.0
    call_seconds: float = 10.0
    life_seconds: float = 60.0
    words: str = ""

    def seconds(self, repeat: int) -> float:
        """Return the limit of a call that is made so many times."""
        return self.call_seconds * (3 if repeat > 1 else 1)

    def at_most(self, other: Patience) -> Patience:
        """Return the shorter limits of both, with the other's words."""
        return Patience(
            min(self.setup_seconds, other.setup_seconds),
            min(self.call_seconds, other.call_seconds),
            min(self.life_seconds, other.life_seconds),
            other.words,
        )


DOUBTFUL = Patience(setup_seconds=4.0, call_seconds=1.0, words=", asked again after it had hung")
"""What is given where something has hung that had no more to do: many times what it may need."""
EXPLAINING = Patience(life_seconds=15.0)
"""What is given to find out what explains losses, which earns no points."""
BRIEF = Patience(setup_seconds=3.0, call_seconds=1.0)
"""What a grading is given that gives way to others."""
