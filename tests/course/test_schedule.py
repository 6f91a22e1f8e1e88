"""Many at a time: all are kept, errors are said, and stopping keeps nothing half-done."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest

from grader.course.grade_submission import failed_result
from grader.course.schedule import BYTES_A_JOB, default_jobs, grade_all
from grader.course.store import StoreError
from grader.examiner import machine
from grader.examiner.client import GraderError, NotConfinedError
from grader.report.result import Result
from tests.made_results import graded


def failed(item: int, error: str) -> Result:
    return failed_result(f"{item}.ipynb", str(item), 60.0, error)


def scheduled(
    grade: Any, keep: Any, jobs: int, count: int
) -> Generator[tuple[int, Result], None, None]:
    grader: Any = SimpleNamespace(grade=grade, keep=keep, failed=failed)
    items: Any = range(count)
    return grade_all(grader, items, jobs)


def test_all_are_graded_and_kept_side_by_side() -> None:
    kept: dict[int, Result] = {}
    together = threading.Barrier(3, timeout=10)

    def grade(item: int) -> Result:
        together.wait()
        return graded()

    def keep(item: int, result: Result) -> Result:
        kept[item] = result
        return result

    done = dict(scheduled(grade, keep, 3, 9))
    assert sorted(done) == sorted(kept) == list(range(9))


def test_an_error_of_the_grader_is_no_zero_and_stops_nobody() -> None:
    def grade(item: int) -> Result:
        if item == 1:
            raise ZeroDivisionError("oops")
        return graded()

    done = dict(scheduled(grade, lambda _, result: result, 2, 4))
    assert {item: result.status for item, result in done.items()} == {
        0: "graded",
        1: "grader_error",
        2: "graded",
        3: "graded",
    }
    assert "ZeroDivisionError: oops (test_schedule.py:" in (done[1].reason or "")


@pytest.mark.parametrize(
    "error", [NotConfinedError(("Landlock",)), GraderError("gone"), StoreError("full")]
)
def test_what_going_on_can_not_help_ends_it(error: Exception) -> None:
    graded_items: list[int] = []

    def grade(item: int) -> Result:
        graded_items.append(item)
        if isinstance(error, GraderError):
            raise error
        return graded()

    def keep(item: int, result: Result) -> Result:
        raise error

    with pytest.raises(type(error)):
        list(scheduled(grade, keep, 1, 1000))
    assert len(graded_items) < 10


def test_stopping_is_at_once_and_keeps_nothing_more() -> None:
    kept: list[int] = []
    release = threading.Event()

    def grade(item: int) -> Result:
        if item > 0:
            release.wait(30)
        return graded()

    def keep(item: int, result: Result) -> Result:
        kept.append(item)
        return result

    running = scheduled(grade, keep, 2, 100)
    assert next(running)[0] == 0
    started = time.monotonic()
    running.close()  # what an exception such as KeyboardInterrupt does to the generator
    assert time.monotonic() - started < 5
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("grade"):
            thread.join(30)
    assert kept == [0]


@pytest.mark.parametrize(
    ("cores", "jobs_in_memory", "jobs"), [(8, 20, 8), (8, 3, 3), (1, 20, 1), (8, 0, 1)]
)
def test_default_jobs_fit_the_machine(
    monkeypatch: pytest.MonkeyPatch, cores: int, jobs_in_memory: int, jobs: int
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "free_bytes", lambda: jobs_in_memory * BYTES_A_JOB + 1)
    assert default_jobs() == jobs


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_cores_that_a_container_does_not_give_do_not_count() -> None:
    before, cores = os.sched_getaffinity(0), machine.cores()
    try:
        os.sched_setaffinity(0, {min(before)})
        assert machine.cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert machine.cores() == cores


def test_memory_is_read_where_it_is_told() -> None:
    if sys.platform == "linux":
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        assert 0 < machine.free_bytes() <= pages
