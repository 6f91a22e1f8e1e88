"""Durations as people write them: "15 minutes", "2 hours", "1 day", "1 week"."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}
_DURATION = re.compile(rf"(\d{{1,4}}) +({'|'.join(_UNITS)})s?", re.ASCII)


def read_duration(value: object) -> timedelta | None:
    """Return the duration that a text names: a whole number and a unit; None if it names none."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(match[1]) * _UNITS[match[2]] if match else None


def duration_words(duration: timedelta) -> str:
    """Return a duration as its two largest units: "1 day 2 hours"; what is left of a minute counts.

    It is rounded up, so that nothing that lasts at all is "0 minutes". Weeks are told in days.
    """
    minutes = -(-duration // _UNITS["minute"])
    parts = []
    for unit in ("day", "hour", "minute"):
        count, minutes = divmod(minutes, _UNITS[unit] // _UNITS["minute"])
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 minutes"
