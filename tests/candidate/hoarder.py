"""A service whose forks fill the folder that their request names."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any


def prepare() -> None:
    """There is nothing to import."""


def become(wire: int, given: dict[str, Any]) -> None:
    """Write files without end."""
    os.write(wire, b".")
    for number in range(10_000):
        (Path(given["folder"]) / str(number)).write_bytes(bytes(1 << 16))
        time.sleep(0.002)
