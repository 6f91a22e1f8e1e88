"""JSON of at most so many bytes, for platforms that take no more."""

from __future__ import annotations

import json
from collections.abc import Callable

_MOST, _LEAST = 20_000, 60
"""Characters of one text: as many as anybody reads, and as few as still say something."""


def fitting(data: Callable[[int], object], most_bytes: int) -> str:
    """Return JSON of what ``data`` makes of a limit for its texts, which is lowered until it fits.

    Only ASCII is written, so that characters are bytes.
    """
    limit = _MOST
    while True:
        text = json.dumps(data(limit), allow_nan=False)
        if len(text) <= most_bytes or limit <= _LEAST:
            return text
        limit //= 2
