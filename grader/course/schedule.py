"""Grade many submissions side by side, each kept as soon as it is done."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.grade_submission import failed_outcome, grade_submission, own_fault
from grader.course.keeping import Keeper
from grader.course.work import Outcome, Work, work_of
from grader.course.writing import StoreError
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.examiner.grading import Grader
from grader.examiner.pace import GivesWayError
from grader.report.result import Result

if TYPE_CHECKING:
    from grader.course.find import Submission

BYTES_A_JOB = 700_000_000
"""What checks, run and training of one submission take together, with room to spare."""

UNDER_WAY = 8
"""Submissions a job that are under way: while some are run, the next ones are checked already."""
_AHEAD = 2
"""Submissions a job that are handed to the threads at a time; the rest can be stopped at once."""


@dataclass(frozen=True)
class Here:
    """Grades submissions in this process, in whatever thread.

    Attributes:
        grader: grades notebooks.
        keeper: keeps what comes of them.
        copies: a folder for copies of what is graded.
        how: all that a result hangs on beside the submission and the grader.
    """

    grader: Grader
    keeper: Keeper
    copies: Path
    how: bytes

    def grade(self, submission: Submission, gives_way: bool) -> tuple[Work, Outcome]:
        """Grade one submission, and write all of its files but the result.

        An error of the grader's own becomes a result that says so.

        Raises:
            GivesWayError: it takes long, and was to give way to others.
            GraderError: no student code can be executed.
            StoreError: something can't be written.
        """
        work = work_of(submission, self.how)
        try:
            outcome = grade_submission(work, self.grader, self.copies, gives_way)
        except (GraderError, StoreError):
            raise
        except Exception as error:
            outcome = failed_outcome(work, self.grader.rubric.max_points, own_fault(error))
        self.keeper.keep_beside(work, outcome)
        return work, outcome


def default_jobs() -> int:
    """Return as many as there are cores, but no more than the free memory holds."""
    return max(1, min(machine.cores(), machine.free_bytes() // BYTES_A_JOB))


def grade_all(
    here: Here, submissions: Sequence[Submission], jobs: int
) -> Generator[tuple[str, Result], None, None]:
    """Grade submissions, ``jobs`` at once, and yield each one's name and result when it is kept.

    One that takes long, as if it would never end, gives way: it is begun anew when the others are
    done, so that they don't wait for it.

    What can't be helped by going on ends it: no code can be executed any more, or no result kept.
    Nothing is kept after that, or once the iterator is closed.

    Raises:
        GraderError: no student code can be executed, confined as it must be.
        StoreError: something can't be written.
    """
    stopped, keeping = threading.Event(), threading.Lock()

    def grade_and_keep(submission: Submission, gives_way: bool) -> tuple[str, Result]:
        work, outcome = here.grade(submission, gives_way)
        with keeping:
            if stopped.is_set():  # then it may have been cut short
                raise RuntimeError("the grading was stopped")
            return work.name, here.keeper.keep(work, outcome)

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="grade")
    queue = iter(submissions)
    later: list[Submission] = []
    pending: dict[Future[tuple[str, Result]], Submission] = {}
    gives_way = len(submissions) > 1
    try:
        while True:
            for submission in islice(queue, _AHEAD * jobs - len(pending)):
                pending[pool.submit(grade_and_keep, submission, gives_way)] = submission
            if not pending and not later:
                return
            if not pending:
                queue, later, gives_way = iter(later), [], False
                continue
            # The time-out lets Ctrl-C through on every platform.
            done, _ = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
            found = []
            for future in done:
                submission = pending.pop(future)
                try:
                    found.append(future.result())
                except GivesWayError:
                    later.append(submission)
            here.keeper.flush()
            yield from found
    finally:
        with keeping:
            stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
