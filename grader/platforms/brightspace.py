"""Brightspace: names of its download, in which each attempt of a student has its time.

12345-678 - Ada Lovelace - Mar 2, 2026 1200 PM - hw.ipynb      or a folder up to the time
"""

from __future__ import annotations

import re

from grader.platforms.dates import read_dates
from grader.platforms.download import Owner, Parts
from grader.platforms.names import composed, shown
from grader.platforms.platform import Platform
from grader.report.course import Identity

_NUMBER = re.compile(r"\d+-\d+")
_YEAR = re.compile(r"(?<![^\W_])(19|20)\d\d(?!\d)")
_ANY_DATE = re.compile(r"(.*\d){3}", re.DOTALL)
"""A day and a time have three digits at least, whatever the language."""


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
    prefix = f"{first}/" if rest else first[: len(first) - len(file_name)]
    student = Identity(shown(name), number, platform="brightspace", prefix=prefix)
    times = read_dates(segments[at])
    when = times[0] if len(times) == 1 else None
    return Owner(
        ("brightspace", number, composed(name)),
        (student,),
        f"{student.name}_{number}",
        rest or (file_name or first,),
        attempt=int(when.strftime("%Y%m%d%H%M")) if when else 0,
        submitted=when,
        undated="" if when else shown(segments[at]),
    )


PLATFORM = Platform(
    "brightspace",
    order=30,
    is_own_name=lambda name: _owner((name,)) is not None,
    owners=lambda _: _owner,
)
