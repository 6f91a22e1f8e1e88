"""A node is up while it is used, goes when nobody uses it, and comes again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from grader.course.cluster.resting import RefusalError, RestingNode

WORK: Any = None


class Counting:
    """Something to bring up that counts how often it was, and says when it went."""

    def __init__(self) -> None:
        self.ups = 0
        self.went = threading.Semaphore(0)

    def __call__(self, stack: ExitStack) -> Callable[[Any], Any]:
        self.ups += 1
        stack.callback(self.went.release)
        return lambda _: self.ups


def test_it_is_brought_up_once_and_rests_when_it_is_idle() -> None:
    counting = Counting()
    node = RestingNode(counting, idle_s=0.05)
    node.wake()
    for _ in range(3):
        with node.used() as grade:
            assert grade(WORK) == 1
    assert counting.went.acquire(timeout=20)
    with node.used() as grade:
        assert grade(WORK) == 2
    node.close()
    assert counting.went.acquire(timeout=20)


def test_it_stays_while_it_is_used() -> None:
    counting = Counting()
    node = RestingNode(counting, idle_s=0.01)
    with node.used(), node.used():
        assert not counting.went.acquire(timeout=0.2)
    assert counting.went.acquire(timeout=20)
    assert counting.ups == 1


def test_it_goes_though_nobody_ever_used_it() -> None:
    counting = Counting()
    RestingNode(counting, idle_s=0.01).wake()
    assert counting.went.acquire(timeout=20)


@pytest.mark.parametrize("kind", [RefusalError, OSError, SystemExit])
def test_what_can_not_be_brought_up_says_why_to_all(kind: type[BaseException]) -> None:
    def refuse(stack: ExitStack) -> Callable[[Any], Any]:
        raise kind("no rubric")

    node = RestingNode(refuse)
    for _ in range(2):
        with pytest.raises(RefusalError, match="no rubric"), node.used():
            pass
    node.close()


def test_what_is_being_brought_up_is_ended_too() -> None:
    let_go, counting = threading.Event(), Counting()

    def slowly(stack: ExitStack) -> Callable[[Any], Any]:
        let_go.wait(20)
        return counting(stack)

    node = RestingNode(slowly)
    node.wake()
    closing = threading.Thread(target=node.close)
    closing.start()
    let_go.set()
    closing.join(20)
    assert counting.went.acquire(timeout=20)
