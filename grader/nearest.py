"""The name that may be meant by one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the known name that is most like another; "" if none is at least so much like it.

    ``likeness`` is 0 for names that have nothing in common, and 1 for equal ones.
    """
    return next(iter(get_close_matches(name, list(known), 1, likeness)), "")
