"""Names of the file of overrides, and names that are only similar."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import SequenceMatcher

FILES = ("overrides.yaml", "overrides.yml", "overrides.csv")

_TABLES = ("xlsx", "xls", "ods", "tsv")
_ENDINGS = ("", "yaml", "yml", "csv", "txt", "json", *_TABLES)
"""Endings of what may hold points; a backup's, such as .bak, is none."""
_ALIKE = 0.85


def misnamed(names: Collection[str]) -> str | None:
    """Return a sentence on a file that seems to be meant, but isn't read; None if there is none."""
    for name in sorted(names):
        if name not in FILES and _is_meant(name.casefold()):
            return f"{name} isn't read: {_advice(name.casefold())}."
    return None


def _is_meant(name: str) -> bool:
    stem, dot, end = name.rpartition(".")
    words = re.match(r"[a-z]+(?:[ _-]?rides?)?", stem if dot else name)
    first = re.sub(r"[ _-]", "", words[0]) if words else ""
    return (
        end * bool(dot) in _ENDINGS and SequenceMatcher(None, first, FILES[0][:9]).ratio() > _ALIKE
    )


def _advice(name: str) -> str:
    end = name.rpartition(".")[2]
    if end in _TABLES:
        return "save it as 'CSV UTF-8', as overrides.csv"
    if re.search(r"\.ya?ml\b", name):
        return "call it overrides.yaml"
    if re.search(r"\.csv\b", name):
        return "call it overrides.csv"
    return "call it overrides.yaml, or save a table as 'CSV UTF-8', as overrides.csv"
