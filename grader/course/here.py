"""Grade submissions of a course on this machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from grader.composition import make_grader
from grader.course.course import Course
from grader.course.find import Submission
from grader.course.keeping import Keeper
from grader.course.progress_bar import progress
from grader.course.schedule import UNDER_WAY, Here, default_jobs, grade_all
from grader.course.store import Store
from grader.course.write_out import say
from grader.examiner import machine
from grader.examiner.rubric import Rubric


def grade_here(
    course: Course, rubric: Rubric, store: Store, new: Sequence[Submission], how: bytes
) -> None:
    """Grade and keep the submissions.

    Args:
        course: says how.
        rubric: what they are graded by.
        store: where results go.
        new: the submissions.
        how: all that a result hangs on beside the submission and the grader.

    Raises:
        GraderError: no student code can be executed, confined as it must be.
        StoreError: a result can't be written.
    """
    wanted = min(course.options.jobs or default_jobs(), len(new))
    jobs = machine.fitting(wanted, run=course.grading.run)
    if course.options.jobs and jobs < wanted:
        few = f"Note: {jobs} at once and not {wanted}: this machine's limits allow no more."
        say(few, sys.stderr)
    with ExitStack() as stack:
        copies = stack.enter_context(store.scratch())
        # With a submission a core, more than one check of each would only wait for each other.
        at_once = max(1, default_jobs() // jobs)
        options = replace(course.grading, jobs=jobs, many=len(new) > 1, at_once=at_once)
        grader = stack.enter_context(make_grader(options, rubric))
        at_work = jobs if grader.runner is None else UNDER_WAY * jobs
        here = Here(grader, Keeper(store, course.options.never_lower), copies, how)
        with progress(len(new), sys.stderr) as show_progress:
            for name, result in grade_all(here, new, at_work):
                show_progress(name, result)
