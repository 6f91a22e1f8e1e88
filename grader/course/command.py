"""Run `grade FOLDER --out DIR`: find submissions, grade the new and changed ones, write it out."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import click

from grader.composition import ASSIGNMENT, Options, data_digest, make_grader, read_rubric
from grader.course.apply_overrides import apply_overrides
from grader.course.find import Gathered, Submission, find_submissions
from grader.course.grade_submission import SubmissionGrader, kept_result
from grader.course.options import CourseOptions
from grader.course.other_notebooks import notes_on_others
from grader.course.overrides import OverrideRequest, read_overrides
from grader.course.progress_bar import progress
from grader.course.publish import publish
from grader.course.schedule import default_jobs, grade_all
from grader.course.stopping import exit_status, stoppable
from grader.course.store import Store, StoreError
from grader.course.summary import summary
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.examiner.rubric import Rubric
from grader.report.course import Entry
from grader.report.folding import folded
from grader.report.result import Result

_AHEAD = 8
"""Submissions a job that are under way: while some are run, the next ones are checked already."""

ALL_GRADED, NOT_ALL_GRADED = 0, 1


@dataclass(frozen=True)
class Course:
    """A course on the disk, and the options of its grading."""

    path: Path
    options: CourseOptions
    grading: Options


def run(course: Course) -> int:
    """Grade a course and say how it went; returns the exit status.

    Raises:
        click.UsageError: options that can't be.
        UnusableError: what was given can't be used.
    """
    out = course.options.out
    if out is None:
        raise click.UsageError("A folder or a zip needs --out DIR: the folder for the results.")
    if out.resolve().is_relative_to(course.path.resolve()):
        raise click.UsageError("--out must not lie within the folder of submissions.")
    try:
        rubric = read_rubric(course.grading)
        requests = read_overrides(out, rubric)
        store = Store(out, {task.id: task.method.name for task in ASSIGNMENT.tasks})
        with stoppable(), store.locked(), store.scratch() as unpacked:
            gathered = find_submissions(course.path, unpacked, ASSIGNMENT, course.options.values)
            return _grade(course, rubric, store, gathered, requests)
    except KeyboardInterrupt as stop:
        return _stopped(f"What is graded is kept in {out}", stop)
    except (StoreError, GraderError) as error:
        _say(f"Not finished: {str(error).rstrip('.')}.", sys.stderr)
        return NOT_ALL_GRADED


def _grade(
    course: Course,
    rubric: Rubric,
    store: Store,
    gathered: Gathered,
    requests: Sequence[OverrideRequest],
) -> int:
    # All that a result hangs on beside the submission and the grader.
    how = f"{not course.grading.run} {rubric!r}".encode() + data_digest(course.grading)
    results: dict[str, Result] = {}
    everyone = gathered.submissions
    for submission in everyone:
        kept = None if course.options.regrade else kept_result(submission, how, store)
        if kept is not None:
            results[submission.name] = kept
    new = [submission for submission in everyone if submission.name not in results]
    if results:
        click.echo(f"{len(results)} of {len(everyone)} are graded already.", err=True)
    if new:
        try:
            results |= _graded(course, rubric, store, new, how)
        except KeyboardInterrupt as stop:
            done = sum(kept_result(submission, how, store) is not None for submission in everyone)
            progress_words = f"{done} of {len(everyone)} are graded and kept in {store.folder}"
            return _stopped(progress_words, stop)
    store.history.complete()
    return _write_out(course, store, gathered, results, requests)


def _write_out(
    course: Course,
    store: Store,
    gathered: Gathered,
    results: Mapping[str, Result],
    requests: Sequence[OverrideRequest],
) -> int:
    """Write everything that was asked for, and say how it went; return the exit status."""
    everyone = [_entry(submission, results[submission.name]) for submission in gathered.submissions]
    entries, stale, unapplied = apply_overrides(everyone, requests)
    uncounted = sorted(store.names() - results.keys())
    if uncounted:
        stale.append(
            f"Results of earlier gradings stay, but are not counted: {', '.join(uncounted)}."
        )
    paths = {it.name: it.notebook.path for it in gathered.submissions if it.notebook}
    published = publish(store.folder, course.path, entries, course.options, paths)
    doubts = [gathered.doubt] if gathered.doubt else []
    for notice in (*doubts, *gathered.notices, *unapplied, *stale, *published.notices):
        _say(f"Note: {notice}", sys.stderr)
    _say(summary(entries, published.files), sys.stdout)
    for problem in published.problems:
        _say(f"Error: {problem}", sys.stderr)
    done = all(e.result.status == "graded" and not e.result.is_open for e in entries)
    done = done and not gathered.doubt and not unapplied
    return ALL_GRADED if done and not published.problems else NOT_ALL_GRADED


def _say(text: str, stream: TextIO) -> None:
    """Write lines, folded where the stream is a terminal."""
    click.echo(folded(text, stream), stream)


def _stopped(progress_words: str, stop: KeyboardInterrupt) -> int:
    with suppress(OSError):  # the terminal may be what was closed
        _say(f"Stopped. {progress_words}; run the same command again to go on.", sys.stderr)
    return exit_status(stop)


def _graded(
    course: Course,
    rubric: Rubric,
    store: Store,
    new: Sequence[Submission],
    how: bytes,
) -> dict[str, Result]:
    """Grade and keep the submissions.

    Raises:
        GraderError: no student code can be executed, confined as it must be.
        StoreError: a result can't be written.
    """
    wanted = min(course.options.jobs or default_jobs(), len(new))
    jobs = machine.fitting(wanted, run=course.grading.run)
    if course.options.jobs and jobs < wanted:
        few = f"Note: {jobs} at once and not {wanted}: this machine's limits allow no more."
        _say(few, sys.stderr)
    results = {}
    with ExitStack() as stack:
        copies = stack.enter_context(store.scratch())
        # With a submission a core, more than one check of each would only wait for each other.
        at_once = max(1, default_jobs() // jobs)
        options = replace(course.grading, jobs=jobs, at_once=at_once)
        grader = stack.enter_context(make_grader(options, rubric))
        at_work = jobs if grader.runner is None else _AHEAD * jobs
        work = SubmissionGrader(grader, store, copies, how, course.options.never_lower)
        with progress(len(new), sys.stderr) as show_progress:
            for submission, result in grade_all(work, new, at_work):
                results[submission.name] = result
                show_progress(submission.name, result)
    return results


def _entry(submission: Submission, result: Result) -> Entry:
    notes = (*submission.notices, *notes_on_others(result))
    students, late, submitted = submission.students, submission.late, submission.submitted
    return Entry(submission.name, result, students, late, submitted, notes=notes)
