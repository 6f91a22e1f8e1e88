"""Run `grade FOLDER --out DIR`: find submissions, grade the new and changed ones, write it out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import partial

import click

from grader.composition import ASSIGNMENT, data_digest, read_rubric
from grader.course.cluster.address import LocalNodes
from grader.course.course import Course
from grader.course.find import Gathered, Submission, find_submissions
from grader.course.folder import decisions_of, store_of
from grader.course.here import grade_here
from grader.course.keeping import kept_result
from grader.course.roster import (
    entries_of,
    kept_result_of,
    roster_of,
    with_sheets_times,
    write_roster,
)
from grader.course.shard import Shard
from grader.course.shard_contents import merge_parts
from grader.course.stopping import exit_status, stoppable
from grader.course.store import Store, StoreError
from grader.course.store_kind import SQLITE, kind_of, require_kind, settled_contents
from grader.course.work import work_of
from grader.course.write_out import ALL_GRADED, NOT_ALL_GRADED, GradedFolder, say, write_out
from grader.decisions.decision import Decision
from grader.errors import UnusableError
from grader.examiner.client import GraderError
from grader.examiner.rubric import Rubric


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
        decisions = decisions_of(out, rubric, course.grading.rubric)
        require_kind(out, course.options.store)
        store = store_of(out)
        shard = course.options.shard
        with stoppable(), store.locked(shard), store.scratch() as unpacked:
            if shard is None and kind_of(out) == SQLITE:
                merge_parts(out)
            gathered = find_submissions(course.path, unpacked, ASSIGNMENT, course.options.values)
            count = len(gathered.submissions)
            with closing(settled_contents(out, course.options.store, count, shard)) as contents:
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
    shard, everyone = course.options.shard, gathered.submissions
    if shard is not None:
        everyone = tuple(it for it in everyone if shard.holds(it.name))
    is_kept = partial(_is_kept, how=how, store=store)
    new = [*everyone] if course.options.regrade else [it for it in everyone if not is_kept(it)]
    if len(new) < len(everyone):
        click.echo(f"{len(everyone) - len(new)} of {len(everyone)} are graded already.", err=True)
    if new:
        try:
            _grade_new(course, rubric, store, new, how)
        except KeyboardInterrupt as stop:
            store.contents.flush()
            done = sum(map(is_kept, everyone))
            progress_words = f"{done} of {len(everyone)} are graded and kept in {store.folder}"
            return _stopped(progress_words, stop)
    if shard is not None:
        return _say_part(shard, everyone, store, course.options.regrade)
    store.history.complete()
    roster = roster_of(course.path, course.grading.rubric, gathered)
    roster = with_sheets_times(roster, course.options.flags, course.options.values)
    write_roster(store.folder, roster)
    entries = entries_of(roster, store.folder, kept_result_of(store))
    return write_out(GradedFolder(store, roster, entries, decisions, rubric), course.options)


def _stopped(progress_words: str, stop: KeyboardInterrupt) -> int:
    with suppress(OSError):  # the terminal may be what was closed
        say(f"Stopped. {progress_words}; run the same command again to go on.", sys.stderr)
    return exit_status(stop)


def _say_part(
    shard: Shard, submissions: Sequence[Submission], store: Store, is_regrade: bool
) -> int:
    """Say how the grading of a part went; return the exit status."""
    results = map(kept_result_of(store), (it.name for it in submissions))
    bad = sum(it.status != "graded" or (it.is_open and not it.waits_for_person) for it in results)
    count = len(submissions)
    say(
        f"Part {shard.number} of {shard.count} is done: "
        f"{count} submission{'s' * (count != 1)}, {bad} of them not graded or not whole. "
        f"When all parts are done, the same command without --shard{' and --regrade' * is_regrade} "
        "writes gradebook and pages.",
        sys.stdout,
    )
    return NOT_ALL_GRADED if bad else ALL_GRADED


def _is_kept(submission: Submission, how: bytes, store: Store) -> bool:
    return kept_result(work_of(submission, how), store) is not None


def _grade_new(
    course: Course, rubric: Rubric, store: Store, new: Sequence[Submission], how: bytes
) -> None:
    """Grade and keep the submissions, here or where the options say.

    Raises:
        GraderError: no student code can be executed, confined as it must be.
        StoreError: a result can't be written.
    """
    if course.options.nodes is None:
        grade_here(course, rubric, store, new, how)
        return
    with store.scratch() as folder:
        if isinstance(course.options.nodes, LocalNodes):
            from grader.course.cluster.local_nodes import start_importing

            start_importing(folder)
        try:
            from grader.course.cluster.grading import grade_on_nodes
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
                raise
            raise UnusableError(
                "--dask needs Dask: pip install 'vae-grader[cluster]', here and on every node."
            ) from error
        grade_on_nodes(course, rubric, store, new, how, folder)
