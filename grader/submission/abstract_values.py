"""Stand-ins for a notebook's classes and functions where code is executed in the abstract.

The shadow of a class is an empty class whose attributes are functions of the notebook, so Python
itself settles what is inherited, replaced and deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.submission.module_names import plain
from grader.submission.slices import Code

LIBRARY = object()
"""Stands for whatever is imported or built in: known, and no code of the notebook."""

Names = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Function:
    """A function: its code, that of its wrappers, and the scopes around it, innermost first."""

    parts: tuple[Code, ...]
    scopes: tuple[Names, ...]


@dataclass
class Frame:
    """A running body; ``pieces`` are the expressions that it binds to names."""

    names: Names
    outer: tuple[Names, ...] = ()
    is_class: bool = False
    elsewhere: dict[str, Names] = field(default_factory=dict)
    pieces: dict[str, Function] = field(default_factory=dict)
    returned: Any = None

    def closure(self) -> tuple[Names, ...]:
        """Return the scopes that a function made here sees."""
        return self.outer if self.is_class else (self.names, *self.outer)

    def bind(self, name: str, value: Any) -> None:
        """Bind a name where ``global`` and ``nonlocal`` say."""
        self.elsewhere.get(name, self.names)[name] = value


def make_class(bases: Iterable[Any], names: Mapping[str, Any]) -> type:
    """Return the shadow of a class with these functions, and bases as far as known."""
    known = tuple(base for base in bases if isinstance(base, type))
    try:
        kind = type("shadow", known, {})
    except TypeError:  # no order of the bases fits: Python would refuse the class as well
        kind = type("shadow", known[:1], {})
    for name, value in names.items():
        if isinstance(value, Function):
            set_attribute(kind, name, value)
    return kind


def set_attribute(kind: type, name: str, function: Function | None) -> None:
    """Set an attribute, or hide an inherited one; the dot keeps it from meaning anything else."""
    setattr(kind, f".{name}", function)


def delete_attribute(kind: type, name: str) -> None:
    """Delete an attribute that the class itself has."""
    if f".{name}" in vars(kind):
        delattr(kind, f".{name}")


def functions_of(kind: type) -> dict[str, Function]:
    """Return the functions that a class itself defines."""
    return {k[1:]: v for k, v in vars(kind).items() if k[0] == "." and isinstance(v, Function)}


def get_attribute(owner: Any, name: str) -> Any:
    """Return what ``owner.name`` is, None if it isn't known."""
    if isinstance(owner, type):
        return dict(functions_of(owner)) if name == "__dict__" else getattr(owner, f".{name}", None)
    if isinstance(owner, Function) and name in ("__name__", "__qualname__"):
        return plain(getattr(owner.parts[0].node, "name", "")) or None
    if isinstance(owner, dict):  # a module of the notebook's own
        return owner.get(name)
    return owner if owner is LIBRARY or name == "__func__" else None
