"""What was asked in each check, read from ``explained.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from grader.assignment import Asked
from grader.yaml_loader import LOADER


@cache
def read_asked() -> Mapping[str, Asked]:
    """Return what was asked, by the ids of checks."""
    path = Path(__file__).with_suffix(".yaml")
    tasks = yaml.load(path.read_text("utf-8"), Loader=LOADER)
    return {
        f"{id}.{name}": Asked(
            task["asked"], check["measured"], check["exact"], check.get("lines", task["lines"])
        )
        for id, task in tasks.items()
        for name, check in task["checks"].items()
    }
