"""Say on a terminal what is being waited for, where that takes longer than a moment."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_BACK_AND_ERASE = "\r\033[K"
_CHECKING = "checking "


class Waiting:
    """A line that says what is being done, and for how long; it goes away with the work.

    It is for a terminal alone: on anything else nothing is written.

    Attributes:
        stream: where the line is written.
        seconds: how long nothing is said, and then how long each line stays as it is.
    """

    def __init__(self, stream: IO[str], seconds: float = 2.0) -> None:
        """Take the stream; nothing is written before there is something to wait for."""
        self.stream = stream
        self.seconds = seconds
        self._is_seen = stream.isatty()
        self._lock = threading.Lock()
        self._active: list[str] = []
        self._is_shown = False
        self._round = 0

    @contextmanager
    def doing(self, words: str) -> Iterator[None]:
        """Count ``words`` among what is being done; may be entered from many threads.

        What is entered first is the whole, and named where nothing in it is.
        """
        with self._lock:
            self._active.append(words)
            begins = self._is_seen and len(self._active) == 1
            self._round += begins
            turn = self._round
        if begins:
            threading.Thread(target=self._tell, args=(turn,), daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._active.remove(words)
                if not self._active:
                    self._erase()

    def clear(self) -> None:
        """Take the line away, for something else to be written."""
        with self._lock:
            self._erase()

    def _tell(self, turn: int) -> None:
        """Write the line again and again while something is being done in this turn."""
        began = time.monotonic()
        while True:
            time.sleep(self.seconds)
            with self._lock:
                if not self._active or turn != self._round:
                    return
                self._erase()
                seconds = f" … {time.monotonic() - began:.0f} s"
                room = shutil.get_terminal_size((80, 24)).columns - len(seconds) - 1
                self._write(_line(self._active[1:] or self._active)[:room] + seconds)
                self._is_shown = True

    def _erase(self) -> None:
        if self._is_shown:
            self._write(_BACK_AND_ERASE)
            self._is_shown = False

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _line(active: list[str]) -> str:
    """Return what is being done as one phrase: "Checking `elbo`, `sample`"."""
    phrases = sorted(set(active))
    checked = [words.removeprefix(_CHECKING) for words in phrases if words.startswith(_CHECKING)]
    others = [words for words in phrases if not words.startswith(_CHECKING)]
    parts = [_CHECKING + ", ".join(checked)] * bool(checked) + others
    line = "; ".join(parts)
    return line[:1].upper() + line[1:]
