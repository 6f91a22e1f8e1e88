"""Fold lines for a terminal, and for nothing else that reads them."""

from __future__ import annotations

import shutil
import textwrap
from typing import IO, Any

_LEAST, _MOST = 40, 100


def folded(text: str, stream: IO[Any]) -> str:
    """Fold lines between words where ``stream`` is a terminal; what goes on is indented."""
    if not stream.isatty():
        return text
    width = max(_LEAST, min(shutil.get_terminal_size((80, 24)).columns, _MOST))
    return "\n".join(_fill(line, width) for line in text.splitlines())


def _fill(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
