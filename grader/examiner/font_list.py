"""The list of fonts that matplotlib keeps for whoever grades: to make it anew slows every start."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_LISTS = "fontlist-v*.json"
_MOST_BYTES = 4 << 20


def hand_over(folder: Path) -> None:
    """Put the lists where matplotlib looks for them if ``folder`` is its own.

    One that names fonts in the home of whoever grades is left out: a kernel can't read them. Where
    there is none, or it is outdated, matplotlib makes one itself.
    """
    with suppress(OSError, ValueError, RuntimeError):  # then it is made anew
        for path in _kept_in().glob(_LISTS):
            if path.stat().st_size > _MOST_BYTES:
                continue
            listed = path.read_text("utf-8")
            if str(Path.home()) not in listed:
                folder.mkdir(mode=0o700, exist_ok=True)
                (folder / path.name).write_text(listed, "utf-8")


def _kept_in() -> Path:
    """Return the folder in which matplotlib keeps what it has found out."""
    own = os.environ.get("MPLCONFIGDIR")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matplotlib"
