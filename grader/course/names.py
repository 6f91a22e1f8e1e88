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
    """A file's name as a person may see it: one line, without characters that hide or reorder.

    Letters and their accents are one, as keyboards write them; a Mac's file system has them apart.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    return clean(re.sub(r"[\t\n\r]+", " ", text), limit).strip()


def safe_name(text: str) -> str:
    """A name that every usual file system takes, as close to ``text`` as may be.

    Letters of any alphabet stay; whatever else a shell or a file system might read something into
    becomes an underscore. A name that is too long ends in a digest of the whole.
    """
    name = unicodedata.normalize("NFC", shown(text, 1000))
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
    """A safe name for each text, no two alike even where case is ignored.

    Names that would collide get a digest of their text, so that they don't hang on the order;
    texts that are the very same are numbered.
    """
    names = [safe_name(text) for text in texts]
    often = Counter(map(_folded, names))
    names = [
        name if often[_folded(name)] == 1 else f"{name}-{_digest(text)}"
        for name, text in zip(names, texts, strict=True)
    ]
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 1
        while _folded(candidate) in taken:
            number += 1
            candidate = f"{name}-{number}"
        taken.add(_folded(candidate))
        unique.append(candidate)
    return unique


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
