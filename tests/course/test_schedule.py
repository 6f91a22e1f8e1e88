"""Many at a time: all are kept, errors are said, and stopping keeps nothing half-done."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grader.course.find import Submission
from grader.course.keeping import Keeper
from grader.course.schedule import BYTES_A_JOB, Here, default_jobs, grade_all
from grader.course.store import Store, StoreError
from grader.examiner import machine
from grader.examiner.client import GraderError, NotConfinedError
from grader.examiner.grading import Graded
from grader.examiner.pace import GivesWayError
from grader.platforms.download import File
from grader.report.result import Result
from grader.vae import ASSIGNMENT
from tests.made_results import graded


def scheduled(
    grade: Any, keep: Any, jobs: int, count: int, asks_way: bool = False
) -> Generator[tuple[int, Result], None, None]:
    """Schedule numbers in place of submissions."""

    def graded_work(item: int, gives_way: bool) -> tuple[Any, Any]:
        return SimpleNamespace(name=item), grade(item, gives_way) if asks_way else grade(item)

    here: Any = SimpleNamespace(
        grade=graded_work,
        keeper=SimpleNamespace(
            keep=lambda work, outcome: keep(work.name, outcome), flush=lambda: None
        ),
    )
    items: Any = range(count)
    done: Any = grade_all(here, items, jobs)
    return done


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


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_takes_long_is_graded_when_all_others_are_done(jobs: int) -> None:
    kept: list[int] = []

    def grade(item: int, gives_way: bool) -> Result:
        if item % 2 == 0 and gives_way:
            raise GivesWayError
        return graded()

    def keep(item: int, result: Result) -> Result:
        kept.append(item)
        return result

    done = dict(scheduled(grade, keep, jobs, 8, asks_way=True))
    assert sorted(done) == sorted(kept) == list(range(8))
    assert [item % 2 for item in kept] == [1] * 4 + [0] * 4


def test_who_is_alone_gives_way_to_nobody() -> None:
    asked: list[bool] = []

    def grade(item: int, gives_way: bool) -> Result:
        asked.append(gives_way)
        return graded()

    assert len(dict(scheduled(grade, lambda item, result: result, 1, 1, asks_way=True))) == 1
    assert asked == [False]


def test_an_error_of_the_grader_is_no_zero_and_stops_nobody(tmp_path: Path) -> None:
    def grade(path: Path, gives_way: bool) -> Graded:
        if path.stem == "s1":
            raise ZeroDivisionError("oops")
        return Graded(graded())

    grader: Any = SimpleNamespace(
        grade=grade, assignment=ASSIGNMENT, rubric=SimpleNamespace(max_points=60.0)
    )
    store, copies = Store(tmp_path / "out"), tmp_path / "copies"
    copies.mkdir()
    (tmp_path / "vae.ipynb").write_text("{}")
    file = File(("vae.ipynb",), tmp_path / "vae.ipynb")
    submissions = [Submission(f"s{number}", (), file) for number in range(4)]
    done = dict(grade_all(Here(grader, Keeper(store), copies, b""), submissions, 2))
    assert {name: result.status for name, result in done.items()} == {
        "s0": "graded",
        "s1": "grader_error",
        "s2": "graded",
        "s3": "graded",
    }
    assert "ZeroDivisionError: oops (test_schedule.py:" in (done["s1"].reason or "")
    assert store.names() == set(done)


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
