"""When something was handed in, as platforms write it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?\s*(\S*)", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
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
    *numbers, fraction, zone = match.groups()
    try:
        year, month, day, hour, minute, second = map(int, numbers)
        microsecond = int((fraction or "0").ljust(6, "0")[:6])
        moment = datetime(year, month, day, hour, minute, second, microsecond, _zone(zone))
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def _zone(name: str) -> timezone | ZoneInfo:
    """Return the time zone of that name or offset.

    Raises:
        ValueError: there is none, or its name doesn't say which.
        OSError: the name can't be that of a file of zones.
    """
    if name in _UTC:
        return timezone.utc
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    if "/" not in name:
        raise ValueError("an abbreviation")
    try:
        return ZoneInfo(name)
    except KeyError as error:
        raise ValueError("no zone") from error
