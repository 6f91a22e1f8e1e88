"""A service whose forks say what their request tells them to, and then what they hear."""

from __future__ import annotations

import os
from typing import Any


def prepare() -> None:
    """There is nothing to import."""


def become(wire: int, given: dict[str, Any]) -> None:
    """Serve until the other side is gone."""
    os.write(wire, given["say"].encode())
    while heard := os.read(wire, 100):
        os.write(wire, heard)
