"""Something costly that is brought up in the background, and goes while nobody uses it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager

from grader.course.grade_submission import own_fault
from grader.course.work import Outcome, Work

Grade = Callable[[Work], Outcome]
IDLE_S = 120.0
"""Longer than any pause of a grading that goes on."""
_LONGEST_START_S = 60.0


class RefusalError(Exception):
    """This node can't grade; says why."""


class RestingNode:
    """Grades, and is up while it is used; in whatever threads."""

    def __init__(self, bring_up: Callable[[ExitStack], Grade], idle_s: float = IDLE_S) -> None:
        """Take what brings it up, and what that started ends with the stack that it is given."""
        self._bring_up, self._idle_s = bring_up, idle_s
        self._lock = threading.Lock()
        self._users = 0
        self._up: tuple[Future[Grade], ExitStack] | None = None
        self._timer: threading.Timer | None = None

    def wake(self) -> None:
        """Begin to bring it up, without waiting for it."""
        with self._lock:
            self._wake()
            self._rest_later()

    @contextmanager
    def used(self) -> Iterator[Grade]:
        """Wait until it is up, and keep it so.

        Raises:
            RefusalError: it can't be brought up.
        """
        with self._lock:
            self._users += 1
            future = self._wake()
        try:
            yield future.result()
        finally:
            with self._lock:
                self._users -= 1
                self._rest_later()

    def close(self) -> None:
        """End it; used no more."""
        with self._lock:
            up, self._up = self._up, None
            if self._timer is not None:
                self._timer.cancel()
        _end(up)

    def _wake(self) -> Future[Grade]:
        if self._up is None:
            future: Future[Grade] = Future()
            stack = ExitStack()
            self._up = future, stack
            threading.Thread(
                target=self._bring, args=(future, stack), name="grader-node", daemon=True
            ).start()
        return self._up[0]

    def _bring(self, future: Future[Grade], stack: ExitStack) -> None:
        try:
            future.set_result(self._bring_up(stack))
        except RefusalError as error:
            future.set_exception(error)
        except BaseException as error:  # or whoever waits would do so for ever
            future.set_exception(RefusalError(own_fault(error)))

    def _rest_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_s, self._rest)
        self._timer.daemon = True
        self._timer.start()

    def _rest(self) -> None:
        with self._lock:
            if self._users:
                return
            up, self._up = self._up, None
        _end(up)


def _end(up: tuple[Future[Grade], ExitStack] | None) -> None:
    if up is not None:
        wait([up[0]], timeout=_LONGEST_START_S)
        up[1].close()
