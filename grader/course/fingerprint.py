"""Digests of all that a result depends on: where they are equal, so are the results."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import chain
from pathlib import Path

from grader.assets import asset

FINGERPRINT = "fingerprint"
"""Where a result keeps its own, in what surrounded the grading."""
_PACKAGE = Path(__file__).resolve().parents[1]
_KINDS = (".py", ".yaml", ".gz")
"""Code, words, and the digits that notebooks are run on; how a page looks changes no result."""


def fingerprint(*parts: bytes) -> str:
    """Return a digest of the grader's own code and of everything in ``parts``."""
    return digest(_grader(), *parts).hex()


def digest(*parts: bytes) -> bytes:
    """Return a digest of parts and their lengths, else `ab` and `c` would be `a` and `bc`."""
    sha256 = hashlib.sha256()
    for part in parts:
        sha256.update(len(part).to_bytes(8, "big"))
        sha256.update(part)
    return sha256.digest()


@lru_cache(maxsize=1)
def _grader() -> bytes:
    return digest_of(_PACKAGE, asset("student_template"))


def digest_of(package: Path, template: Path) -> bytes:
    """Return a digest of all that the grader itself brings to a result.

    Args:
        package: its code and digits.
        template: the folder with the notebook that students receive.
    """
    code = (path for path in package.rglob("*") if path.suffix in _KINDS)
    named = {path.relative_to(package).as_posix(): path for path in code}
    named |= {f"template/{path.name}": path for path in template.glob("*.ipynb")}
    parts = ((name.encode(), path.read_bytes()) for name, path in sorted(named.items()))
    return digest(*chain.from_iterable(parts))
