"""Moments as people write them into a file: in this machine's time zone, unless they name one."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timezone, tzinfo
from zoneinfo import ZoneInfo

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[T ]\s*(\d\d:\d\d(?::\d\d(?:\.\d{3}(?:\d{3})?)?)?)\s*([A-Za-z+-][\w:/+-]*)?)?",
    re.ASCII,
)
_UTC = ("Z", "UTC", "GMT")
_MAX_TEXT = 100


def read_moment(value: object) -> datetime | None:
    """Return the moment that a text, or what YAML made of it, names; None if it names none.

    Known are ``2026-12-01 23:59``, the same with seconds, and with a zone behind it: an offset such
    as ``+01:00``, ``UTC``, or a name such as ``Europe/Berlin``. A day alone lasts until its end.
    """
    try:
        if isinstance(value, datetime):
            return _in_zone(value)
        if isinstance(value, date):
            return _in_zone(datetime.combine(value, time.max))
        match = _MOMENT.fullmatch(value.strip()[:_MAX_TEXT]) if isinstance(value, str) else None
        if match is None:
            return None
        day, clock, zone = match.groups()
        at = time.fromisoformat(clock) if clock else time.max
        moment = datetime.combine(date.fromisoformat(day), at)
        return _in_zone(moment.replace(tzinfo=time_zone(zone) if zone else None))
    except (ValueError, OverflowError, OSError):
        return None


def written_now() -> str:
    """Return this moment as text that `read_moment` reads: in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def time_zone(name: str) -> tzinfo:
    """Return the time zone of that name or offset.

    Raises:
        ValueError: there is none, or its name doesn't say which: CST is several zones.
        OSError: the name can't be that of a file of zones.
    """
    if name in _UTC:
        return timezone.utc
    if name[0] in "+-":
        zone = datetime.strptime(name, "%z").tzinfo
        assert zone is not None
        return zone
    if "/" not in name:
        raise ValueError("an abbreviation")
    try:
        return ZoneInfo(name)
    except KeyError as error:
        raise ValueError("no zone") from error


def _in_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.astimezone()
