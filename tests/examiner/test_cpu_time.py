"""The time that a process had, by hand-made clocks."""

from __future__ import annotations

import os
import time

import pytest

from grader.examiner import cpu_time
from grader.examiner.cpu_time import Allowance, Watch
from grader.examiner.forkserver_client import GraderError


class Clocks:
    """The clocks of a process, that go only when they are told."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.wall, self.cpu = 100.0, 0.0
        self.waited: dict[str, float] = {"1": 0.0}
        patch.setattr(cpu_time, "_read", self._read)
        patch.setattr(time, "monotonic", lambda: self.wall)

    def _read(self, pid: int | None) -> cpu_time._Reading:
        return cpu_time._Reading(self.wall, self.cpu, dict(self.waited))

    def go(self, wall: float, cpu: float = 0.0, **waited: float) -> None:
        self.wall += wall
        self.cpu += cpu
        for name, seconds in waited.items():
            self.waited[name[1:]] = self.waited.get(name[1:], 0.0) + seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_waiting_for_a_processor_is_not_counted_and_sleeping_is(clocks: Clocks) -> None:
    watch = Watch(1)
    clocks.go(5.0, cpu=1.0, t1=4.0)
    assert watch.now() == pytest.approx(1.0)
    clocks.go(3.0)
    assert watch.now() == pytest.approx(4.0)


def test_threads_that_wait_for_each_other_hide_no_cpu_time(clocks: Clocks) -> None:
    watch = Watch(1)
    clocks.go(1.0, cpu=2.0, t1=0.9, t2=0.9, t3=0.9)
    assert watch.now() == pytest.approx(2.0)
    clocks.go(4.0, cpu=1.0, t2=3.0)
    assert watch.now() == pytest.approx(3.0)


def test_a_thread_that_ended_waited_to_its_end_as_it_did_before(clocks: Clocks) -> None:
    watch = Watch(1)
    clocks.go(1.0, cpu=0.1, t1=0.0, t2=0.9)
    assert watch.now() == pytest.approx(0.1)
    del clocks.waited["2"]
    clocks.go(1.0, cpu=0.1)
    assert watch.now() == pytest.approx(0.2)
    clocks.go(1.0)
    assert watch.now() == pytest.approx(1.2)


def test_a_wait_that_is_told_of_late_is_no_time_of_the_process(clocks: Clocks) -> None:
    watch = Watch(1)
    clocks.go(1.0, cpu=0.1, t1=0.5)
    watch.now()
    clocks.go(1.0, cpu=0.1, t1=1.3)
    assert watch.now() == pytest.approx(0.2)


def test_an_allowance_ends_by_its_own_limit_or_by_that_of_the_whole_life(clocks: Clocks) -> None:
    watch = Watch(1)
    allowance = Allowance(watch, 2.0, life=3.0)
    clocks.go(10.0, cpu=1.9, t1=8.1)
    assert 0 < allowance.left() < 0.2
    clocks.go(0.2, cpu=0.2)
    with pytest.raises(TimeoutError):
        allowance.left()
    assert allowance.seconds == 2.0
    rest = Allowance(watch, 2.0, life=3.0)
    assert rest.seconds == 3.0
    clocks.go(1.0, cpu=1.0)
    with pytest.raises(TimeoutError):
        rest.left()
    with pytest.raises(TimeoutError):
        Allowance(watch, 2.0, life=3.0).left()


def test_a_process_that_never_gets_a_processor_is_the_machines_fault(clocks: Clocks) -> None:
    allowance = Allowance(Watch(1), 2.0, life=60.0)
    for _ in range(6):
        clocks.go(9.0, cpu=0.1, t1=8.9)
        assert allowance.left() > 0
    clocks.go(9.0, cpu=0.1, t1=8.9)
    with pytest.raises(GraderError, match="too busy"):
        allowance.left()


def test_a_process_that_has_ended_is_given_wall_clock_time() -> None:
    child = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(child, 0)
    watch = Watch(child)
    time.sleep(0.05)
    assert watch.now() >= 0.05
