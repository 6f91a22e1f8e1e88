"""A part of a course that one of several processes grades, on whatever machine."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_TEXT = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """One of ``count`` parts, counted from 1."""

    number: int
    count: int

    @property
    def label(self) -> str:
        """What its own files are called by."""
        return f"{self.number}-of-{self.count}"

    def holds(self, name: str) -> bool:
        """Return whether a submission of that name is in it; every one is in exactly one part."""
        digest = hashlib.sha256(name.encode("utf-8", "replace")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


def parse_shard(text: str) -> Shard:
    """Return the part that a text such as 3/64 names.

    Raises:
        ValueError: it names none.
    """
    match = _TEXT.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise ValueError(f"'{text}' is no part: write 3/64 for the third of 64.")
    return Shard(int(match[1]), int(match[2]))
