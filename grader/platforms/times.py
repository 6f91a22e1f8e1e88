"""Times of submission, as platforms write them."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from grader.moments import time_zone

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s*(\S*)", re.ASCII)
_NO_ZONE = "UTC"
"""Without a zone it is UTC, as nbgrader reads it."""

MAX_TEXT = 100


def read_time(text: str) -> datetime | None:
    """Return the moment that a text such as ``2026-01-02 03:04:05.678 Europe/Rome`` names, in UTC.

    None if it names none for certain: an abbreviation such as CST is several zones.
    """
    match = _TIME.fullmatch(text.strip()[:MAX_TEXT])
    if match is None:
        return None
    date, clock, fraction, zone = match.groups(default="")
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}.{fraction:0<6.6}")
        return moment.replace(tzinfo=time_zone(zone or _NO_ZONE)).astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
