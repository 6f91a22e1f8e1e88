"""Run `grade FOLDER --out DIR`: find submissions, grade the new and changed ones, write it out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from grader.composition import ASSIGNMENT, Options, data_digest, make_grader, read_rubric
from grader.course.find import Gathered, Submission, find_submissions
from grader.course.folder import store_of
from grader.course.keeping import Keeper, kept_result
from grader.course.options import CourseOptions
from grader.course.progress_bar import progress
from grader.course.roster import entries_of, kept_result_of, roster_of, write_roster
from grader.course.schedule import Here, default_jobs, grade_all
from grader.course.shard_contents import merge_parts
from grader.course.stopping import exit_status, stoppable
from grader.course.store import Store, StoreError
from grader.course.store_kind import require_kind, settled_contents
from grader.course.work import work_of
from grader.course.write_out import NOT_ALL_GRADED, GradedFolder, say, write_out
from grader.decisions.decision import Decision
from grader.decisions.read import read_decisions
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.examiner.rubric import Rubric

_AHEAD = 8
"""Submissions a job that are under way: while some are run, the next ones are checked already."""


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
        decisions = read_decisions(out, rubric)
        require_kind(out, course.options.store)
        store = store_of(out)
        with stoppable(), store.locked(), store.scratch() as unpacked:
            merge_parts(out)
            gathered = find_submissions(course.path, unpacked, ASSIGNMENT, course.options.values)
            count = len(gathered.submissions)
            with closing(settled_contents(out, course.options.store, count)) as contents:
                return _grade(course, rubric, store_of(out, contents), gathered, decisions)
    except KeyboardInterrupt as stop:
        return _stopped(f"What is graded is kept in {out}", stop)
    except (StoreError, GraderError) as error:
        say(f"Not finished: {str(error).rstrip('.')}.", sys.stderr)
        return NOT_ALL_GRADED


def _grade(
    course: Course,
    rubric: Rubric,
    store: Store,
    gathered: Gathered,
    decisions: tuple[Decision, ...],
) -> int:
    # All that a result hangs on beside the submission and the grader.
    how = f"{not course.grading.run} {rubric!r}".encode() + data_digest(course.grading)
    everyone = gathered.submissions
    is_kept = partial(_is_kept, how=how, store=store)
    new = [*everyone] if course.options.regrade else [it for it in everyone if not is_kept(it)]
    if len(new) < len(everyone):
        click.echo(f"{len(everyone) - len(new)} of {len(everyone)} are graded already.", err=True)
    if new:
        try:
            _grade_new(course, rubric, store, new, how)
        except KeyboardInterrupt as stop:
            done = sum(map(is_kept, everyone))
            progress_words = f"{done} of {len(everyone)} are graded and kept in {store.folder}"
            return _stopped(progress_words, stop)
    store.history.complete()
    roster = roster_of(course.path, course.grading.rubric, gathered)
    write_roster(store.folder, roster)
    entries = entries_of(roster, store.folder, kept_result_of(store))
    return write_out(GradedFolder(store, roster, entries, decisions, rubric), course.options)


def _stopped(progress_words: str, stop: KeyboardInterrupt) -> int:
    with suppress(OSError):  # the terminal may be what was closed
        say(f"Stopped. {progress_words}; run the same command again to go on.", sys.stderr)
    return exit_status(stop)


def _is_kept(submission: Submission, how: bytes, store: Store) -> bool:
    return kept_result(work_of(submission, how), store) is not None


def _grade_new(
    course: Course,
    rubric: Rubric,
    store: Store,
    new: Sequence[Submission],
    how: bytes,
) -> None:
    """Grade and keep the submissions.

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
        options = replace(course.grading, jobs=jobs, at_once=at_once)
        grader = stack.enter_context(make_grader(options, rubric))
        at_work = jobs if grader.runner is None else _AHEAD * jobs
        here = Here(grader, Keeper(store, course.options.never_lower), copies, how)
        with progress(len(new), sys.stderr) as show_progress:
            try:
                for name, result in grade_all(here, new, at_work):
                    show_progress(name, result)
            finally:
                here.flush()
