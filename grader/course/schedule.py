"""Grade many submissions side by side, each kept as soon as it is done."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

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


class Work(Protocol[Given]):
    """What is done with each item, in threads."""

    def grade(self, item: Given, /) -> Result:
        """Grade an item."""

    def keep(self, item: Given, result: Result, /) -> Result:
        """Write a result, and return it as written."""

    def failed(self, item: Given, error: str, /) -> Result:
        """Return the result of an item on which the grader failed with that error."""


def grade_all(
    work: Work[Item], items: Sequence[Item], jobs: int
) -> Generator[tuple[Item, Result], None, None]:
    """Grade all items, ``jobs`` at once, and yield each with its result when that is kept.

    An error of the grader's own becomes a result that says so, and the others go on. What
    can't be helped by going on ends it: no code can be executed any more, or no result kept.
    Nothing is kept after that, or once the iterator is closed.

    Raises:
        GraderError: no student code can be executed, confined as it must be.
        StoreError: something can't be written.
    """
    stopped, keeping = threading.Event(), threading.Lock()

    def grade_and_keep(item: Item) -> tuple[Item, Result]:
        try:
            result = work.grade(item)
        except (GraderError, StoreError):
            raise
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            result = work.failed(item, f"{type(error).__name__}: {error} ({place})")
        with keeping:
            if stopped.is_set():  # then it may have been cut short
                raise RuntimeError("the grading was stopped")
            return item, work.keep(item, result)

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="grade")
    queue = iter(items)
    pending: set[Future[tuple[Item, Result]]] = set()
    try:
        while True:
            room = _AHEAD * jobs - len(pending)
            pending |= {pool.submit(grade_and_keep, item) for item in islice(queue, room)}
            if not pending:
                return
            # The time-out lets Ctrl-C through on every platform.
            done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        with keeping:
            stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)


def failed_result(path: str, student: str, most: float, error: str) -> Result:
    """Return the result of a submission that the grader failed on: open, and never a zero."""
    return Result(
        Submission(path, "", student),
        "grader_error",
        0.0,
        most,
        reason=f"The grader itself failed on this notebook: {error}. Its points are not decided.",
    )
