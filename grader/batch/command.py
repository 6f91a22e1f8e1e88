"""What `grade FOLDER --out DIR` does: find, grade what is new or changed, and write it out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from threading import BoundedSemaphore

import click

from grader.batch.archives import SubmissionsError
from grader.batch.find import Found, Submission, find_submissions
from grader.batch.fingerprint import fingerprint
from grader.batch.options import CourseOptions
from grader.batch.overrides import OverridesError, Wish, overridden, read_overrides
from grader.batch.progress import progress
from grader.batch.publish import PublishError, page_path, publish
from grader.batch.schedule import Schedule, default_jobs, failed_result
from grader.batch.store import Store, StoreError, write_whole
from grader.candidate import confinement
from grader.candidate.client import Candidates, GraderError, Isolation
from grader.grading import KNOWN_CHECKS, Grader
from grader.report.course import Entry
from grader.report.page import to_page
from grader.report.result import Result
from grader.report.result import Submission as Graded
from grader.rubric import Rubric, RubricError, default_path, load_rubric
from grader.run.digits import DataError
from grader.run.start import Runner, RunOptions
from grader.submission.load import MAX_BYTES

_AHEAD = 8
"""Submissions a job that are under way: while some are run, the next ones are checked already."""

ALL_GRADED, NOT_ALL_GRADED, STOPPED = 0, 1, 130


@dataclass(frozen=True)
class Course:
    """What to grade, and how."""

    path: Path
    options: CourseOptions
    rubric: Path | None = None
    isolation: Isolation | None = None
    trust: bool = False
    no_run: bool = False
    data: Path | None = None


def run(course: Course) -> int:
    """Grade a course and say how it went; returns the exit status.

    Raises:
        click.UsageError: something that was given can't be used.
    """
    out = course.options.out
    if out is None:
        raise click.UsageError("A folder or a zip needs --out DIR: the folder for the results.")
    if out.resolve().is_relative_to(course.path.resolve()):
        raise click.UsageError("--out must not lie within the folder of submissions.")
    try:
        rubric = load_rubric(course.rubric or default_path(), KNOWN_CHECKS)
        wishes = read_overrides(out, rubric)
        store = Store(out)
        with store.locked(), store.scratch() as unpacked:
            found = find_submissions(course.path, unpacked)
            return _grade(course, rubric, store, found, wishes)
    except (RubricError, OverridesError, SubmissionsError, DataError) as error:
        raise click.UsageError(str(error)) from error
    except (StoreError, PublishError, GraderError) as error:
        click.echo(f"Not finished: {str(error).rstrip('.')}.", err=True)
        return NOT_ALL_GRADED


def _grade(
    course: Course, rubric: Rubric, store: Store, found: Found, wishes: Sequence[Wish]
) -> int:
    prints = {one.name: _fingerprint(course, one) for one in found.submissions}
    results: dict[str, Result] = {}
    for one in found.submissions:
        kept = None if course.options.regrade else store.kept(one.name, prints[one.name])
        if kept is not None:
            results[one.name] = kept
    new = [one for one in found.submissions if one.name not in results]
    if results:
        click.echo(f"{len(results)} of {len(found.submissions)} are graded already.", err=True)
    if new:
        try:
            results |= _graded(course, rubric, store, new, prints)
        except KeyboardInterrupt:
            done = sum(store.kept(name, prints[name]) is not None for name in prints)
            click.echo(
                f"Stopped. {done} of {len(prints)} are graded and kept in {store.folder}; "
                "run the same command again to go on.",
                err=True,
            )
            return STOPPED
    entries, stale = overridden(
        [_entry(one, results[one.name]) for one in found.submissions], wishes
    )
    left = sorted(store.names() - prints.keys())
    if left:
        stale.append(f"Results of earlier gradings stay, but are not counted: {', '.join(left)}.")
    paths = {one.name: one.notebook.path for one in found.submissions if one.notebook}
    notices = [*found.notices, *stale, *publish(store.folder, entries, course.options, paths)]
    for notice in notices:
        click.echo(f"Note: {notice}", err=True)
    click.echo(_summary(entries, store.folder))
    return ALL_GRADED if all(e.result.status == "graded" for e in entries) else NOT_ALL_GRADED


def _fingerprint(course: Course, one: Submission) -> str:
    path = one.notebook.path if one.notebook else None
    try:
        content = path.read_bytes() if path and path.stat().st_size <= MAX_BYTES else b""
        rubric = (course.rubric or default_path()).read_bytes()
    except OSError:
        content = rubric = b""
    name = one.notebook.name if one.notebook else "\n".join(one.notices)
    how = f"{course.no_run} {course.data}"
    return fingerprint(name.encode(), content, rubric, how.encode())


def _graded(
    course: Course,
    rubric: Rubric,
    store: Store,
    new: Sequence[Submission],
    prints: dict[str, str],
) -> dict[str, Result]:
    """Grade and keep the submissions.

    Raises:
        GraderError: this machine can't confine student code.
        StoreError: a result can't be written.
    """
    jobs = min(course.options.jobs or default_jobs(), len(new))
    results = {}
    with ExitStack() as stack:
        candidates = stack.enter_context(Candidates(course.isolation, trust=course.trust))
        missing = () if course.trust else confinement.missing()
        if missing:
            raise GraderError(confinement.refusal(missing))
        runner = None
        if candidates.warm is not None and not course.no_run:
            options = RunOptions(course.data, course.trust, at_once=jobs)
            runner = Runner(candidates.warm, candidates.folder, options)
            stack.enter_context(runner)
        # With a submission a core, more than one check of each would only wait for each other.
        at_once = max(1, default_jobs() // jobs)
        grader = Grader(candidates, rubric, runner, at_once=at_once, slots=BoundedSemaphore(jobs))
        schedule = Schedule[Submission](
            lambda one: _grade_one(one, grader, store.folder),
            lambda one, result: store.keep(one.name, result, prints[one.name]),
            lambda one, error: failed_result(*_called(one), rubric.max_points, error),
            jobs if runner is None else _AHEAD * jobs,
        )
        with progress(len(new), sys.stderr) as tell:
            for done in schedule.run(new):
                results[done.item.name] = done.result
                tell(done.item.name, done.result)
    return results


def _grade_one(one: Submission, grader: Grader, out: Path) -> Result:
    """Grade one submission, and write its page and its executed notebook."""
    path, sha256, student = _called(one)
    if one.notebook is None or one.notebook.path is None:
        reason = " ".join(one.notices) + " Hand in the notebook file itself."
        submission = Graded(path, sha256, student)
        return Result(submission, "ungradable", 0.0, grader.rubric.max_points, reason=reason)
    graded = grader.grade(one.notebook.path)
    submission = replace(graded.result.submission, path=path, student=student)
    result = replace(graded.result, submission=submission)
    page = to_page(result, graded.code, graded.executed)
    write_whole(out / page_path(one.name), page.encode())
    if graded.executed is not None:
        write_whole(out / "executed" / f"{one.name}.ipynb", graded.executed.encode())
    return result


def _called(one: Submission) -> tuple[str, str, str]:
    """Path, hash and student of a submission, as results have them."""
    return (one.notebook.name if one.notebook else one.name), "", one.student


def _entry(one: Submission, result: Result) -> Entry:
    return Entry(one.name, result, one.students, one.late, one.submitted, notes=one.notices)


def _summary(entries: Sequence[Entry], out: Path) -> str:
    graded = [entry.result.points for entry in entries if entry.result.status == "graded"]
    lines = [f"{len(graded)} of {len(entries)} submissions are graded."]
    if graded:
        most = entries[0].result.max_points
        mean = sum(graded) / len(graded)
        lines[0] += f" They have {mean:.1f} of {most:g} points on average."
    for status, words in (
        ("ungradable", "could not be graded"),
        ("grader_error", "are open, since the grader itself failed on them"),
    ):
        names = [entry.name for entry in entries if entry.result.status == status]
        if names:
            lines.append(f"{len(names)} {words}: {', '.join(names)}.")
    lines.append(f"See {out / 'report' / 'index.html'} and {out / 'gradebook.csv'}.")
    return "\n".join(lines)
