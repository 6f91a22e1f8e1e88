"""What students get wrong, with names, and a verdict that says which one it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.kit.check import Lost

JOINT = "+"
"""Between the ids of misconceptions that explain an answer together."""


@dataclass(frozen=True)
class Misconception:
    """One error that students make.

    Attributes:
        id: ``task.name``, as in results.
        title: the error in words, as a clause that follows "if".
        hint: points to the idea, never to the line of code.
    """

    id: str
    title: str
    hint: str


def explained(lost: Lost, found: Sequence[Misconception]) -> Lost:
    """The same verdict with the misconceptions that explain it; unchanged where there are none."""
    if not found:
        return lost
    titles = " and ".join(misconception.title for misconception in found)
    told = Lost(
        f"{lost.message} That is what comes out if {titles}.",
        " ".join(misconception.hint for misconception in found),
        JOINT.join(misconception.id for misconception in found),
        lost.evidence,
    )
    told.is_shown = lost.is_shown
    return told
