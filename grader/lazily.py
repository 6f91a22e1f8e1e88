"""Sequences whose items are made when they are asked for, so that large ones take no memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Other = TypeVar("Other")


class Lazily(Sequence[Item]):
    """A sequence that makes an item each time when it is asked for."""

    def __init__(self, count: int, make: Callable[[int], Item]) -> None:
        """Take how many items there are, and what makes one of its place, counted from 0."""
        self._count = count
        self._make = make

    def __len__(self) -> int:
        """Return how many items there are."""
        return self._count

    def __getitem__(self, at: Any) -> Any:
        """Return the item at a place, or those of a slice, which are made as lazily.

        Raises:
            IndexError: there is no such place.
        """
        places = range(self._count)[at]
        if isinstance(places, range):
            return Lazily(len(places), lambda inner: self._make(places[inner]))
        return self._make(places)


def mapped(function: Callable[[Item], Other], items: Sequence[Item]) -> Sequence[Other]:
    """Return what a function makes of each item: lazily where the items are, else at once."""
    if isinstance(items, Lazily):
        return Lazily(len(items), lambda at: function(items[at]))
    return tuple(map(function, items))
