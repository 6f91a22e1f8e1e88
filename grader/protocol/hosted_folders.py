"""Folders that hosted notebooks have, and the one for temporary files, by their usual paths."""

from __future__ import annotations

import re

_NAMED = re.compile(r"/(?:content|kaggle|tmp)\b")
FOLDERS = re.compile(r"/(?:content|kaggle/working|kaggle|tmp)(?=/|$)")
"""Matches the start of a path in one of them, those of Colab and Kaggle among them."""


def are_named(source: str) -> bool:
    """Return whether code may name such a folder."""
    return _NAMED.search(source) is not None
