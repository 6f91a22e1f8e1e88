"""Grade submissions of a course on nodes, and keep what comes back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from grader.composition import Options, data_digest
from grader.course.cluster.address import AddressError, LocalNodes
from grader.course.cluster.connect import connected
from grader.course.cluster.dispatch import dispatch
from grader.course.cluster.made_of import made_of
from grader.course.cluster.node import Setup, grade_on_node
from grader.course.course import Course
from grader.course.find import Submission
from grader.course.keeping import Keeper
from grader.course.progress_bar import progress
from grader.course.schedule import UNDER_WAY, default_jobs
from grader.course.store import Store
from grader.course.work import work_of
from grader.course.write_out import say
from grader.errors import UnusableError
from grader.examiner.rubric import Rubric, default_path, template_path


def grade_on_nodes(
    course: Course,
    rubric: Rubric,
    store: Store,
    new: Sequence[Submission],
    how: bytes,
    folder: Path,
) -> None:
    """Grade and keep the submissions; parameters as those of `grade_here`.

    What local nodes write lies in ``folder``, which goes with the grading.

    Raises:
        UnusableError: strangers could use the nodes too.
        GraderError: there is no scheduler, or no node that can grade.
        StoreError: a result can't be written.
    """
    where, jobs, sharing = course.options.nodes, course.options.jobs, 1
    assert where is not None
    if isinstance(where, LocalNodes):
        sharing = where.count
        jobs = jobs or max(1, default_jobs() // sharing)
    threads = UNDER_WAY * (jobs or 1) if course.grading.run else jobs or 1
    keeper = Keeper(store, course.options.never_lower)
    try:
        with (
            connected(
                where, _setup(course.grading, jobs, sharing), threads, folder, _tell
            ) as nodes,
            progress(len(new), sys.stderr, nodes) as show_progress,
        ):
            works = (work_of(submission, how) for submission in new)
            with closing(dispatch(nodes, grade_on_node, works, rubric.max_points)) as graded:
                for work, outcome in graded:
                    keeper.keep_beside(work, outcome)
                    show_progress(work.name, keeper.keep(work, outcome))
    except AddressError as error:
        raise UnusableError(f"--dask: {error}") from error


def _setup(options: Options, jobs: int | None, sharing: int) -> Setup:
    path = options.rubric or default_path()
    template = template_path(path, options.template)
    return Setup(
        path.read_bytes(),
        None if template is None else (template.name, template.read_bytes()),
        options.isolation,
        options.run,
        str(options.data.resolve()) if options.data else None,
        data_digest(options),
        jobs,
        sharing,
        made_of(),
    )


def _tell(sentence: str) -> None:
    say(sentence, sys.stderr)
