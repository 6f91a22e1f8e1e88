"""The exchange of nbgrader: ``inbound/STUDENT+ASSIGNMENT+TIME+RANDOM/``, a folder each attempt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from grader.platforms.download import Parts
from grader.platforms.times import read_time

_ATTEMPT = re.compile(
    r"(?P<student>.+?)\+(?P<assignment>[^+]+)\+"
    # Systems that take no colon in a name have another sign.
    r"(?P<date>\d{4}-\d\d-\d\d)[ _T](?P<hour>\d\d)[^\w+]?_?(?P<minute>\d\d)[^\w+]?_?"
    r"(?P<rest>\d\d.*?)"
    r"(?:\+[\w-]*)?",
    re.DOTALL,
)
_MOST_AROUND = 3
_TO_STUDENTS = ("outbound", "feedback")
"""What lies beside ``inbound``, and no student handed in."""


def depths_in_exchange(names: Sequence[Parts]) -> list[int | None] | None:
    """Return how many folders lie above each attempt; None if there are no attempts.

    What lies beside them is at the same depth, and what goes to students has none.
    """
    found = [_depth(parts) for parts in names]
    around = max((depth for depth in found if depth is not None), default=None)
    if around is None:
        return None
    return [
        depth if depth is not None else _beside(parts, around)
        for parts, depth in zip(names, found, strict=True)
    ]


def _depth(parts: Parts) -> int | None:
    folders = parts[:-1][: _MOST_AROUND + 1]
    return next((at for at, name in enumerate(folders) if _ATTEMPT.fullmatch(name)), None)


def _beside(parts: Parts, around: int) -> int | None:
    return None if set(parts) & set(_TO_STUDENTS) else min(around, len(parts) - 1)


def by_student(parts: Parts) -> Parts:
    """Return the name of an attempt's file as below ``submitted``, with a folder of the attempt."""
    match = _ATTEMPT.fullmatch(parts[0])
    if match is None or len(parts) < 2:
        return parts
    return (match["student"], match["assignment"], parts[0], *parts[1:])


def attempt_at(parts: Parts) -> datetime | None:
    """Return when an attempt came, by the name of its folder; None if none of these is one."""
    match = next(filter(None, map(_ATTEMPT.fullmatch, parts)), None)
    if match is None:
        return None
    return read_time(f"{match['date']} {match['hour']}:{match['minute']}:{match['rest']}")
