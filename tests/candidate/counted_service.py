"""A service of a fork server whose forks tell what it was told before it forked them."""

from __future__ import annotations

import json
import os
from typing import Any

_told: list[list[Any]] = []


def prepare(*arguments: str) -> None:
    """There is nothing to prepare."""


def before_fork(number: int, *arguments: str) -> None:
    """Note what is told."""
    _told.append([number, *arguments])


def become(wire: int, request: dict[str, Any]) -> None:
    """Tell all that was noted."""
    os.write(wire, json.dumps(_told).encode())
