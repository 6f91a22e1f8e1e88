"""Grade one submission: what comes of it are files, which somebody else keeps."""

from __future__ import annotations

import shutil
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from grader.course.file_copies import written_copy
from grader.course.kept_code import KeptCode, code_to_json
from grader.course.other_notebooks import compare_others
from grader.course.work import Outcome, Work, marked
from grader.course.writing import StoreError
from grader.examiner.grading import Graded, Grader
from grader.report.page import in_course, to_page
from grader.report.result import Result, Submission
from grader.report.to_json import to_json
from grader.version import __version__


def grade_submission(work: Work, grader: Grader, copies: Path, gives_way: bool = False) -> Outcome:
    """Grade one submission, in whatever thread.

    Args:
        work: the submission.
        grader: grades notebooks.
        copies: a folder for copies of what is graded.
        gives_way: whether it ends where it takes long.

    Raises:
        GivesWayError: it takes long, and was to give way to others.
        GraderError: no student code can be executed.
        StoreError: the copies can't be written.
    """
    if work.notebook is None:
        return _outcome(work, Graded(_ungradable(work, grader.rubric.max_points)), grader)
    try:
        files = [(module.copy, module.content) for module in work.modules]
        copy = written_copy(copies / work.name, work.notebook.copy, work.notebook.content, files)
    except OSError as error:  # also if the folder is gone, since the grading was stopped
        raise StoreError(f"{copies} can't be written: {error.strerror}.") from error
    try:
        graded = grader.grade(copy, gives_way)
    finally:
        shutil.rmtree(copies / work.name, ignore_errors=True)
    named = replace(graded.result.submission, path=work.path, student=work.student)
    result = replace(graded.result, submission=named)
    if work.rivals:
        with suppress(OSError):  # then nothing is known of them
            result = compare_others(result, work, grader, copies)
    return _outcome(work, replace(graded, result=result), grader)


def failed_outcome(work: Work, most: float, error: str) -> Outcome:
    """Return what comes of a submission that the grader failed on."""
    result = failed_result(work.path, work.student, most, error)
    return Outcome(to_json(marked(result, work.fingerprint)).encode())


def failed_result(path: str, student: str, most: float, error: str) -> Result:
    """Return the result of a submission that the grader failed on: open, and never a zero."""
    return Result(
        Submission(path, "", student),
        "grader_error",
        0.0,
        most,
        reason=f"The grader itself failed on this notebook: {error}. Its points are not decided.",
    )


def own_fault(error: BaseException) -> str:
    """Return an error of the grader's own in words, with its place."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"{type(error).__name__}: {error} ({place})"


def _outcome(work: Work, graded: Graded, grader: Grader) -> Outcome:
    title, result, executed = grader.assignment.title, graded.result, graded.executed
    page = to_page(result, title, graded.sources, executed, student=work.student)
    return Outcome(
        to_json(marked(result, work.fingerprint)).encode(),
        in_course(page).encode(),
        code_to_json(KeptCode(graded.code.text if graded.code else "", graded.sources)),
        None if executed is None else executed.encode(),
    )


def _ungradable(work: Work, most: float) -> Result:
    return Result(
        Submission(work.path, "", work.student),
        "ungradable",
        0.0,
        most,
        reason=work.problem,
        environment={"grader": __version__},
    )
