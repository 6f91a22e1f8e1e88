"""What students read of exceptions: ``exceptions.yaml``, and how an exception is found in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from grader.yaml_loader import LOADER

_MOST_TEXT = 500
"""As much of an exception's text is looked at: it may be the student's."""


_KINDS = ("kind", "first", "second", "wanted")
"""Groups that hold the name of a type; ``a_kind`` and the like are what people say for it."""
_SPOKEN = {
    "Tensor": "tensor",
    "numpy.ndarray": "NumPy array",
    "int": "plain number",
    "float": "plain number",
    "str": "text",
    "bool": "truth value",
    "torch.Size": "shape",
}


@dataclass(frozen=True)
class Known:
    """An exception that the catalogue has words for.

    Attributes:
        id: its name in the catalogue.
        types: names of its classes; none for any.
        pattern: what its text begins with.
        says: what is wrong, with ``{fields}``.
        hint: points to the idea, with ``{fields}``.
        near: the hint where a name is known that was probably meant.
        sizes: whether the sizes of the model and of the arguments have to do with it.
    """

    id: str
    types: tuple[str, ...]
    pattern: re.Pattern[str]
    says: str
    hint: str
    near: str = ""
    sizes: bool = False


@dataclass(frozen=True)
class Told:
    """An exception in a student's terms; ``id`` is "" where the catalogue doesn't have it."""

    id: str = ""
    says: str = ""
    hint: str = ""
    sizes: bool = False


def told(type: str, text: str, method: str, near: str = "") -> Told:
    """Return an exception in a student's terms.

    Args:
        type: the name of its class.
        text: what it says.
        method: the method that was called.
        near: a name that was probably meant.
    """
    for known in catalogue():
        if known.types and type not in known.types:
            continue
        if (match := known.pattern.match(text[:_MOST_TEXT])) is not None:
            groups = {name: (part or "").strip() for name, part in match.groupdict().items()}
            kinds = {f"a_{name}": _kind(groups.get(name, "")) for name in _KINDS}
            fields = {**groups, **kinds, "method": method, "near": near, "values": _values(groups)}
            hint = known.near if near and known.near else known.hint
            return Told(known.id, known.says.format(**fields), hint.format(**fields), known.sizes)
    return Told()


@cache
def catalogue() -> tuple[Known, ...]:
    """Return the exceptions that there are words for, in their order."""
    text = Path(__file__).with_name("exceptions.yaml").read_text("utf-8")
    return tuple(_known(id, entry) for id, entry in yaml.load(text, Loader=LOADER).items())


def _known(id: str, entry: Mapping[str, Any]) -> Known:
    types = entry.get("type", ())
    return Known(
        id,
        (types,) if isinstance(types, str) else tuple(types),
        re.compile(entry["pattern"]),
        entry["says"],
        entry["hint"],
        entry.get("near", ""),
        entry.get("sizes", False),
    )


def _kind(name: str) -> str:
    """Return a type's name as people say it, with its article."""
    words = _SPOKEN.get(name, name)
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def _values(groups: Mapping[str, str]) -> str:
    return "value" if groups.get("given") == "1" else "values"
