"""What a result hangs on, as a digest: where it is the same, grading again gives the same."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from grader.assets import asset

_PACKAGE = Path(__file__).resolve().parents[1]
_KINDS = (".py", ".yaml", ".gz")
"""Code, words, and the digits that notebooks are run on; how a page looks changes no result."""


def fingerprint(*parts: bytes) -> str:
    """Return a digest of the grader's own code and of everything in ``parts``."""
    digest = hashlib.sha256(_grader())
    for part in parts:
        _add(digest, part)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _grader() -> bytes:
    return digest_of(_PACKAGE, asset("student_template"))


def digest_of(package: Path, template: Path) -> bytes:
    """Return a digest of all that the grader itself brings to a result.

    Args:
        package: its code and digits.
        template: the folder with the notebook that students receive.
    """
    digest = hashlib.sha256()
    own = (path for path in package.rglob("*") if path.suffix in _KINDS)
    named = {path.relative_to(package).as_posix(): path for path in own}
    named |= {f"template/{path.name}": path for path in template.glob("*.ipynb")}
    for name, path in sorted(named.items()):
        _add(digest, name.encode())
        _add(digest, path.read_bytes())
    return digest.digest()


def _add(digest: hashlib._Hash, part: bytes) -> None:
    """Add a part and its length, without which `ab` and `c` would be `a` and `bc`."""
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)
