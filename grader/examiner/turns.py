"""Who may run beside whom: many side by side, or one alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Turns of threads. One that wants to be alone goes before those that come after it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._beside = 0
        self._wanting = 0
        self._is_alone = False

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Wait while one is alone or waits to be; share the turn with others of this kind."""
        with self._changed:
            self._changed.wait_for(lambda: not self._wanting)
            self._beside += 1
        try:
            yield
        finally:
            with self._changed:
                self._beside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody has a turn; share this one with nobody."""
        with self._changed:
            self._wanting += 1
            self._changed.wait_for(lambda: not self._beside and not self._is_alone)
            self._is_alone = True
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._wanting -= 1
                self._changed.notify_all()
