"""Times of submission, as platforms write them."""

from __future__ import annotations

import re
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s*(\S*)", re.ASCII)
_UTC = ("", "Z", "UTC", "GMT")
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
        return moment.replace(tzinfo=_zone(zone)).astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def _zone(name: str) -> tzinfo | None:
    """Return the time zone of that name or offset.

    Raises:
        ValueError: there is none, or its name doesn't say which.
        OSError: the name can't be that of a file of zones.
    """
    if name in _UTC:
        return timezone.utc
    if name[0] in "+-":
        return datetime.strptime(name, "%z").tzinfo
    if "/" not in name:
        raise ValueError("an abbreviation")
    try:
        return ZoneInfo(name)
    except KeyError as error:
        raise ValueError("no zone") from error
