"""Grade many submissions side by side, each kept as soon as it is done."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from grader.course.store import StoreError
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.report.result import Result, Submission

Item = TypeVar("Item")
Given = TypeVar("Given", contravariant=True)

BYTES_A_JOB = 700_000_000
"""What checks, run and training of one submission take together, with room to spare."""

_AHEAD = 2
"""Submissions a job that are handed to the threads at a time; the rest can be stopped at once."""


def default_jobs() -> int:
    """Return as many as there are cores, but no more than the free memory holds."""
    return max(1, min(machine.cores(), machine.free_bytes() // BYTES_A_JOB))


@dataclass(frozen=True)
class Done(Generic[Item]):
    """One submission that is graded and kept."""

    item: Item
    result: Result
    seconds: float


class Work(Protocol[Given]):
    """What is done with each item, in threads."""

    def grade(self, item: Given, /) -> Result:
        """Grade an item."""

    def keep(self, item: Given, result: Result, /) -> Result:
        """Write a result, and return it as written."""

    def failed(self, item: Given, error: str, /) -> Result:
        """Return the result of an item on which the grader failed with that error."""


class Schedule(Generic[Item]):
    """Grades items in threads.

    An error of the grader's own becomes a result that says so, and the others go on. What
    can't be helped by going on ends it: no code can be executed any more, or no result kept.
    """

    def __init__(self, work: Work[Item], jobs: int) -> None:
        """``work`` is done in threads, ``jobs`` items at once."""
        self._work, self._jobs = work, jobs
        self._stopped = threading.Event()
        self._keeping = threading.Lock()

    def run(self, items: Sequence[Item]) -> Iterator[Done[Item]]:
        """Grade all items, and yield each when it is kept.

        Raises:
            GraderError: no student code can be executed, confined as it must be.
            StoreError: something can't be written.
        """
        pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="grade")
        queue = iter(items)
        pending: set[Future[Done[Item]]] = set()
        try:
            while True:
                room = _AHEAD * self._jobs - len(pending)
                pending |= {pool.submit(self._one, item) for item in islice(queue, room)}
                if not pending:
                    return
                # The time-out lets Ctrl-C through on every platform.
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            self.stop()
            pool.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Keep nothing any more: what ends from now on may have been cut short."""
        with self._keeping:
            self._stopped.set()

    def _one(self, item: Item) -> Done[Item]:
        started = time.monotonic()
        try:
            result = self._work.grade(item)
        except (GraderError, StoreError):
            raise
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            result = self._work.failed(item, f"{type(error).__name__}: {error} ({place})")
        with self._keeping:
            if self._stopped.is_set():
                raise RuntimeError("the grading was stopped")
            result = self._work.keep(item, result)
        return Done(item, result, time.monotonic() - started)


def failed_result(path: str, sha256: str, student: str, most: float, error: str) -> Result:
    """Return the result of a submission that the grader failed on: open, and never a zero."""
    return Result(
        Submission(path, sha256, student),
        "grader_error",
        0.0,
        most,
        reason=f"The grader itself failed on this notebook: {error}. Its points are not decided.",
    )
