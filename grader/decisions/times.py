"""Times as people write them in a file: of this machine's time zone, unless they name another."""

from __future__ import annotations

from datetime import date, datetime, time


def read_time(value: object) -> datetime | None:
    """Return the time that a text, or what YAML made of it, means; None if it is none.

    A day without a time lasts until its end.
    """
    if isinstance(value, datetime):
        return _with_zone(value)
    if isinstance(value, date):
        return _with_zone(datetime.combine(value, time.max))
    try:
        text = str(value).strip()
        if len(text) == len("2026-12-31"):
            return _with_zone(datetime.combine(date.fromisoformat(text), time.max))
        # Before Python 3.11 a Z is not understood.
        return _with_zone(datetime.fromisoformat(text.replace("Z", "+00:00")))
    except ValueError:
        return None


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.astimezone()
