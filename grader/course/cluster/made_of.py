"""What a grader is made of: two that are made of the same give the same points."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata

from grader.course.fingerprint import digest, fingerprint
from grader.examiner.rubric import default_path
from grader.version import __version__

_PARTS = {
    "grader": "the grader",
    "code": "the grader's code",
    "rubric": "the assignment's rubric",
    "torch": "torch",
    "numpy": "numpy",
}
_SHOWN = 12
"""Characters of a digest that tell it from others."""


@lru_cache(maxsize=1)
def made_of() -> Mapping[str, str]:
    """Return the versions of all that points hang on in this installation."""
    versions = {name: metadata.version(name) for name in ("torch", "numpy")}
    rubric = digest(default_path().read_bytes()).hex()
    code = fingerprint()
    return {"grader": __version__, "code": code[:_SHOWN], "rubric": rubric[:_SHOWN], **versions}


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return a sentence on what a node is made of otherwise; "" if it is made of the same.

    Args:
        here: what the node is made of.
        there: what the grader is made of where the grading was started.
    """
    for part, words in _PARTS.items():
        if here.get(part) != there.get(part):
            return (
                f"it has {words} {here.get(part)}, and {there.get(part)} is what the grading was "
                "started with: install the same there"
            )
    return ""
