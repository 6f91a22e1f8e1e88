"""Sequences that make their items when they are asked for."""

from __future__ import annotations

import pytest

from grader.lazily import Lazily, mapped


def test_items_are_made_when_they_are_asked_for() -> None:
    made: list[int] = []

    def make(at: int) -> int:
        made.append(at)
        return 10 * at

    items = Lazily(4, make)
    assert (len(items), made) == (4, [])
    assert (items[1], items[-1]) == (10, 30)
    assert made == [1, 3]
    assert list(items[1:3]) == [10, 20]
    assert list(reversed(items)) == [30, 20, 10, 0]
    with pytest.raises(IndexError):
        items[4]


def test_what_is_made_of_them_is_as_lazy() -> None:
    doubled = mapped(lambda item: 2 * item, Lazily(3, int))
    assert isinstance(doubled, Lazily)
    assert list(doubled) == [0, 2, 4]
    assert mapped(str, [1, 2]) == ("1", "2")
