"""What `grade FOLDER --out DIR` does: find, grade what is new or changed, and write it out."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import click

from grader import __version__
from grader.composition import Options, data_digest, make_grader, read_rubric
from grader.course.contenders import rival_notes, with_rivals
from grader.course.copies import content_of, copy_of, digest_of_files
from grader.course.find import NOTHING, Found, Submission, find_submissions
from grader.course.fingerprint import fingerprint
from grader.course.options import CourseOptions
from grader.course.overrides import Wish, overridden, read_overrides
from grader.course.progress_bar import progress
from grader.course.publish import page_path, publish
from grader.course.schedule import Schedule, default_jobs, failed_result
from grader.course.stopping import exit_status, stoppable
from grader.course.store import UNKNOWN, Store, StoreError, write_whole
from grader.examiner import machine
from grader.examiner.client import GraderError
from grader.examiner.grading import Grader
from grader.examiner.rubric import Rubric
from grader.platforms.nbgrader_db import read_roster
from grader.platforms.nbgrader_grades import NO_ROSTER
from grader.report.course import Entry
from grader.report.folding import folded
from grader.report.page import to_page
from grader.report.result import Result
from grader.report.result import Submission as Graded
from grader.vae import ASSIGNMENT

_AHEAD = 8
"""Submissions a job that are under way: while some are run, the next ones are checked already."""

ALL_GRADED, NOT_ALL_GRADED = 0, 1


@dataclass(frozen=True)
class Course:
    """What to grade, what to write, and how to grade it."""

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
        wishes = read_overrides(out, rubric)
        store = Store(out, {task.id: task.method.name for task in ASSIGNMENT.tasks})
        with stoppable(), store.locked(), store.scratch() as unpacked:
            found = find_submissions(course.path, unpacked, course.options.nbgrader)
            return _grade(course, rubric, store, found, wishes)
    except KeyboardInterrupt as stop:
        return _stopped(f"What is graded is kept in {out}", stop)
    except (StoreError, GraderError) as error:
        _say(f"Not finished: {str(error).rstrip('.')}.", sys.stderr)
        return NOT_ALL_GRADED


def _grade(
    course: Course, rubric: Rubric, store: Store, found: Found, wishes: Sequence[Wish]
) -> int:
    how = _how(course, rubric)
    results: dict[str, Result] = {}
    for one in found.submissions:
        kept = None if course.options.regrade else _kept(one, how, store)
        if kept is not None:
            results[one.name] = kept
    new = [one for one in found.submissions if one.name not in results]
    if results:
        click.echo(f"{len(results)} of {len(found.submissions)} are graded already.", err=True)
    if new:
        try:
            results |= _graded(course, rubric, store, new, how)
        except KeyboardInterrupt as stop:
            done = sum(_kept(one, how, store) is not None for one in found.submissions)
            told = f"{done} of {len(found.submissions)} are graded and kept in {store.folder}"
            return _stopped(told, stop)
    entries, stale, unapplied = overridden(
        [_entry(one, results[one.name]) for one in found.submissions], wishes
    )
    left = sorted(store.names() - results.keys())
    if left:
        stale.append(f"Results of earlier gradings stay, but are not counted: {', '.join(left)}.")
    paths = {one.name: one.notebook.path for one in found.submissions if one.notebook}
    asks_nbgrader = course.options.nbgrader is not None
    roster, unread = read_roster(course.path) if asks_nbgrader else (NO_ROSTER, [])
    published = publish(store.folder, entries, course.options, paths, roster)
    doubts = [found.doubt] if found.doubt else []
    notices = (*doubts, *found.notices, *unapplied, *stale, *unread, *published.notices)
    for notice in notices:
        _say(f"Note: {notice}", sys.stderr)
    _say(_summary(entries, published.files), sys.stdout)
    for problem in published.problems:
        _say(f"Error: {problem}", sys.stderr)
    done = all(e.result.status == "graded" and not e.result.is_open for e in entries)
    done = done and not found.doubt and not unapplied
    return ALL_GRADED if done and not published.problems else NOT_ALL_GRADED


def _say(text: str, stream: TextIO) -> None:
    """Write lines, folded where the stream is a terminal."""
    click.echo(folded(text, stream), stream)


def _stopped(told: str, stop: KeyboardInterrupt) -> int:
    with suppress(OSError):  # the terminal may be what was closed
        _say(f"Stopped. {told}; run the same command again to go on.", sys.stderr)
    return exit_status(stop)


def _how(course: Course, rubric: Rubric) -> bytes:
    """All that a result hangs on beside the submission and the grader.

    Raises:
        UnusableError: the folder of data can't be used.
    """
    how = f"{not course.grading.run} {rubric!r}".encode() + data_digest(course.grading)
    return hashlib.sha256(how).digest()


def _fingerprint(one: Submission, content: bytes, how: bytes) -> str:
    name = one.notebook.name if one.notebook else "\n".join(one.notices)
    return fingerprint(
        name.encode("utf-8", "replace"), content, digest_of_files((*one.modules, *one.rivals)), how
    )


def _content(one: Submission) -> bytes | None:
    """The bytes to grade, cut where they are too many; None if they can't be read."""
    if one.notebook is None or one.notebook.path is None:
        return b""
    return content_of(one.notebook)


def _kept(one: Submission, how: bytes, store: Store) -> Result | None:
    """The result of an earlier grading if nothing changed, and what belongs to it is there."""
    content = _content(one)
    result = None if content is None else store.kept(one.name, _fingerprint(one, content, how))
    if result is None or one.notebook is None or one.notebook.path is None:
        return result
    beside = [store.folder / page_path(one.name)]
    if result.run.status != "not_run":
        beside.append(_executed_path(one, store.folder))
    return result if all(path.is_file() for path in beside) else None


def _executed_path(one: Submission, out: Path) -> Path:
    return out / "executed" / f"{one.name}.ipynb"


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
    prints: dict[str, str] = {}
    with ExitStack() as stack:
        copies = stack.enter_context(store.scratch())
        # With a submission a core, more than one check of each would only wait for each other.
        at_once = max(1, default_jobs() // jobs)
        options = replace(course.grading, jobs=jobs, at_once=at_once)
        grader = stack.enter_context(make_grader(options, rubric))
        schedule = Schedule[Submission](
            lambda one: _grade_one(one, grader, store.folder, copies, how, prints),
            lambda one, result: store.keep(one.name, result, prints.get(one.name, UNKNOWN)),
            lambda one, error: failed_result(*_called(one), rubric.max_points, error),
            jobs if grader.runner is None else _AHEAD * jobs,
        )
        with progress(len(new), sys.stderr) as tell:
            for done in schedule.run(new):
                results[done.item.name] = done.result
                tell(done.item.name, done.result)
    return results


def _grade_one(
    one: Submission, grader: Grader, out: Path, copies: Path, how: bytes, prints: dict[str, str]
) -> Result:
    """Grade one submission, and write its page and its executed notebook.

    Its fingerprint, which goes into ``prints``, is of the very bytes that are graded: they are
    copied first, since the file may change or go away meanwhile.

    Raises:
        GraderError: no student code can be executed.
        StoreError: something can't be written.
    """
    path, sha256, student = _called(one)
    content = _content(one)
    if content is not None:
        prints[one.name] = _fingerprint(one, content, how)
    if one.notebook is None or one.notebook.path is None:
        reason = " ".join(one.notices) + " Hand in the notebook file itself."
        submission = Graded(path, sha256, student)
        known = {"grader": __version__}
        most = grader.rubric.max_points
        return Result(submission, "ungradable", 0.0, most, reason=reason, environment=known)
    if content is None:
        graded = grader.grade(one.notebook.path)  # says why it can't be read
    else:
        copy = _copied(one, content, copies)
        graded = grader.grade(copy)
        shutil.rmtree(copy.parent, ignore_errors=True)
    submission = replace(graded.result.submission, path=path, student=student)
    result = replace(graded.result, submission=submission)
    if one.rivals:
        with suppress(OSError):  # then nothing is known of them
            result = with_rivals(result, one, grader, copies)
    page = to_page(result, ASSIGNMENT.title, graded.sources, graded.executed, student=one.student)
    write_whole(out / page_path(one.name), page.encode())
    if graded.executed is not None:
        write_whole(_executed_path(one, out), graded.executed.encode())
    return result


def _copied(one: Submission, content: bytes, copies: Path) -> Path:
    """A copy of the notebook; the folder of copies is gone if the grading was stopped.

    Raises:
        StoreError: it can't be written.
    """
    assert one.notebook is not None
    try:
        return copy_of(one.notebook, content, one.modules, copies / one.name)
    except OSError as error:
        raise StoreError(f"{copies} can't be written: {error.strerror}.") from error


def _called(one: Submission) -> tuple[str, str, str]:
    """Path, hash and student of a submission, as results have them."""
    return (one.notebook.name if one.notebook else one.name), "", one.student


def _entry(one: Submission, result: Result) -> Entry:
    notes = (*one.notices, *rival_notes(result))
    return Entry(one.name, result, one.students, one.late, one.submitted, notes=notes)


def _summary(entries: Sequence[Entry], files: Sequence[Path]) -> str:
    # Each member of a group has its points, as in the gradebook.
    graded = [e.result.points for e in entries if e.result.status == "graded" for _ in e.students]
    everybody = sum(len(entry.students) for entry in entries)
    lines = [f"{len(graded)} of {everybody} students are graded."]
    if graded:
        most = entries[0].result.max_points
        mean = sum(graded) / len(graded)
        lines[0] += f" They have {mean:.1f} of {most:g} points on average."
    ungradable = [entry for entry in entries if entry.result.status == "ungradable"]
    failed = [entry for entry in entries if entry.result.status == "grader_error"]
    empty = {e.name for e in entries if (e.result.reason or "").startswith(NOTHING)}
    for left, words in (
        ([e for e in ungradable if e.name not in empty], "could not be graded"),
        ([e for e in ungradable if e.name in empty], "handed in nothing that can be graded"),
        (failed, "are open, since the grader itself failed on them"),
    ):
        if left:
            count = sum(len(entry.students) for entry in left)
            lines.append(f"{count} {words}: {', '.join(entry.name for entry in left)}.")
    again = [e.name for e in entries if e.result.status == "graded" and e.result.is_open]
    if again:
        lines.append(
            f"The machine interrupted the run or the training of {len(again)}: {', '.join(again)}. "
            "The same command again does that again."
        )
    return "\n".join([*lines, "Written:", *(f"  {path}" for path in files)])
