"""Brightspace: names of its download, in which each attempt of a student has its time.

12345-678 - Ada Lovelace - Mar 2, 2026 1200 PM - hw.ipynb      or a folder up to the time
"""

from __future__ import annotations

import re
from datetime import datetime

from grader.platforms.download import Owner, Parts
from grader.platforms.names import composed, shown
from grader.platforms.platform import Platform
from grader.report.course import Identity

_NUMBER = re.compile(r"\d+-\d+")
_YEAR = re.compile(r"(?<![^\W_])(19|20)\d\d(?!\d)")
_ANY_DATE = re.compile(r"(.*\d){3}", re.DOTALL)
"""A day and a time have three digits at least, whatever the language."""
_DATES = ("%b %d, %Y", "%B %d, %Y", "%d %B, %Y", "%d %b, %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d")
_CLOCKS = ("%I%M %p", "%H%M", "%I-%M %p", "%H-%M", "%I_%M %p", "%H_%M", "%I.%M %p", "%H.%M")


def _owner(parts: Parts) -> Owner | None:
    """Return the owner of a file of that name; None if it is none of Brightspace's."""
    first, rest = parts[0], parts[1:]
    number, *segments = first.split(" - ")
    if not _NUMBER.fullmatch(number):
        return None
    at = next((at for at, text in enumerate(segments) if at and _YEAR.search(text)), None)
    if at is None and len(segments) > (1 if rest else 2) and _ANY_DATE.match(segments[1]):
        at = 1
    if at is None:
        return None
    name, file_name = " - ".join(segments[:at]), " - ".join(segments[at + 1 :])
    attempt = _order(segments[at].strip())
    prefix = f"{first}/" if rest else first[: len(first) - len(file_name)]
    student = Identity(shown(name), number, platform="brightspace", prefix=prefix)
    return Owner(
        ("brightspace", number, composed(name)),
        (student,),
        f"{student.name}_{number}",
        rest or (file_name or first,),
        attempt=attempt,
        is_undated=not attempt,
    )


def _order(text: str) -> int:
    """Return a number that grows with the time in a text; 0 for what can't be read."""
    for date in _DATES:
        for clock in _CLOCKS:
            try:
                return int(datetime.strptime(text, f"{date} {clock}").strftime("%Y%m%d%H%M"))
            except ValueError:
                continue
    return 0


PLATFORM = Platform(
    "brightspace",
    order=30,
    is_own_name=lambda name: _owner((name,)) is not None,
    owners=lambda _: _owner,
)
