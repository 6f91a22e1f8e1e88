"""Names of students and files made safe to print and to use as file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from grader.untrusted_text import clean

MAX_NAME_BYTES = 120
"""File systems take 255 bytes; suffixes such as ``.json.lock`` need room beside the name."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def shown(text: str, limit: int = 200) -> str:
    """Return a file's name for a person: one line, without characters that hide or reorder.

    Letters and their accents are one, as keyboards write them; a Mac's file system has them apart.
    """
    text = composed(text.encode("utf-8", "replace").decode("utf-8"))
    return clean(re.sub(r"[\t\n\r]+", " ", text), limit).strip()


def listed(names: Sequence[str], most: int) -> str:
    """Return at most so many of the names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + f" and {more} more" * (more > 0)


def composed(name: str) -> str:
    """Return the name with letters and their accents in one, as a Mac takes them apart."""
    return unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """Return what spellings of a name have in common that differ in case or in wide letters."""
    return unicodedata.normalize("NFKC", name).casefold()


def safe_name(text: str) -> str:
    """Return a name that every usual file system takes, as close to ``text`` as may be.

    Letters of any alphabet stay; whatever else a shell or a file system might read something into
    becomes an underscore. A name that is too long ends in a digest of the whole.
    """
    name = composed(shown(text, 1000))
    name = re.sub(r"[^\w.-]+", "_", name).strip("._-")
    if _RESERVED.fullmatch(name):
        name += "_"
    if not name:
        name = "submission"
    if len(name.encode()) > MAX_NAME_BYTES:
        kept = name.encode()[: MAX_NAME_BYTES - 9].decode("utf-8", "ignore")
        name = f"{kept}-{_digest(text)}"
    return name


def unique_names(texts: Sequence[str]) -> list[str]:
    """Return a safe name for each text, no two alike even where case is ignored.

    Names that would collide get a digest of their text, so that they don't hang on the order;
    texts that are the very same are numbered.
    """
    names = [safe_name(text) for text in texts]
    often = Counter(map(folded, names))
    names = [
        name if often[folded(name)] == 1 else f"{name}-{_digest(text)}"
        for name, text in zip(names, texts, strict=True)
    ]
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 1
        while folded(candidate) in taken:
            number += 1
            candidate = f"{name}-{number}"
        taken.add(folded(candidate))
        unique.append(candidate)
    return unique


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
