"""Grade many submissions side by side, each kept as soon as it is done."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.store import StoreError
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.report.result import Result

if TYPE_CHECKING:
    from grader.course.find import Submission
    from grader.course.grade_submission import SubmissionGrader

BYTES_A_JOB = 700_000_000
"""What checks, run and training of one submission take together, with room to spare."""

_AHEAD = 2
"""Submissions a job that are handed to the threads at a time; the rest can be stopped at once."""


def default_jobs() -> int:
    """Return as many as there are cores, but no more than the free memory holds."""
    return max(1, min(machine.cores(), machine.free_bytes() // BYTES_A_JOB))


def grade_all(
    grader: SubmissionGrader, submissions: Sequence[Submission], jobs: int
) -> Generator[tuple[Submission, Result], None, None]:
    """Grade submissions, ``jobs`` at once, and yield each with its result when that is kept.

    An error of the grader's own becomes a result that says so, and the others go on. What
    can't be helped by going on ends it: no code can be executed any more, or no result kept.
    Nothing is kept after that, or once the iterator is closed.

    Raises:
        GraderError: no student code can be executed, confined as it must be.
        StoreError: something can't be written.
    """
    stopped, keeping = threading.Event(), threading.Lock()

    def grade_and_keep(submission: Submission) -> tuple[Submission, Result]:
        try:
            result = grader.grade(submission)
        except (GraderError, StoreError):
            raise
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            result = grader.failed(submission, f"{type(error).__name__}: {error} ({place})")
        with keeping:
            if stopped.is_set():  # then it may have been cut short
                raise RuntimeError("the grading was stopped")
            return submission, grader.keep(submission, result)

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="grade")
    queue = iter(submissions)
    pending: set[Future[tuple[Submission, Result]]] = set()
    try:
        while True:
            room = _AHEAD * jobs - len(pending)
            pending |= {
                pool.submit(grade_and_keep, submission) for submission in islice(queue, room)
            }
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
