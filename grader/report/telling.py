"""What a student is told about a task: each thing once, though several checks have it to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from grader.report.result import CheckResult, TryIt
from grader.report.words import example_of, grouped

_SAME_CAUSE = "The cause is the same."
_LEAST = 20
"""So many characters at the end of two messages are no accident."""


@dataclass(frozen=True)
class Told:
    """Checks that say the very same thing, and what of it was not said before.

    Attributes:
        checks: these checks, in their order.
        message: what they say.
        hints: what to think about.
        example: the smallest case that shows it.
    """

    checks: tuple[CheckResult, ...]
    message: str
    hints: tuple[str, ...]
    example: TryIt | None


def told_once(checks: Iterable[CheckResult]) -> list[Told]:
    """Return what checks of one task say, without what an earlier one of them has said.

    Hints and examples stand where they come first, and so does a cause that explains several
    losses.
    """
    told: list[Told] = []
    causes: dict[str, str] = {}
    hints: set[str] = set()
    examples: list[TryIt] = []
    for alike in grouped(checks, "message"):
        first = alike[0]
        message = first.message
        if first.misconception:
            before = causes.setdefault(first.misconception, message)
            message = message if before is message else _without_cause(message, before)
        new = tuple(dict.fromkeys(c.hint for c in alike if c.hint and c.hint not in hints))
        example = example_of(alike)
        if example in examples:
            example = None
        told.append(Told(tuple(alike), message, new, example))
        hints.update(new)
        examples += [example] if example else []
    return told


def _without_cause(message: str, before: str) -> str:
    """Return a message whose last sentence is that of an earlier one, with a word in its place."""
    pairs = zip(reversed(message), reversed(before), strict=False)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    common = message[len(message) - alike :]
    _, boundary, cause = common.partition(". ")
    if not boundary or len(cause) < _LEAST:
        return message
    return message.removesuffix(cause) + _SAME_CAUSE
