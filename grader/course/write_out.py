"""Lay what people decided over a graded course, write everything out, and say how it went."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

import click

from grader.course.options import CourseOptions
from grader.course.publish import publish
from grader.course.roster import Roster, names_in
from grader.course.store import Store
from grader.course.summary import MOST_NAMED, named, summary
from grader.decisions.apply import Decided, apply_decisions
from grader.decisions.decision import Decision
from grader.examiner.rubric import Rubric
from grader.report.course import Entry
from grader.report.folding import folded

ALL_GRADED, NOT_ALL_GRADED = 0, 1


@dataclass(frozen=True)
class GradedFolder:
    """A course with its results in a folder, and what people decided about it."""

    store: Store
    roster: Roster
    entries: Sequence[Entry]
    decisions: tuple[Decision, ...]
    rubric: Rubric


def decided(course: GradedFolder) -> Decided:
    """Return the course with everything laid over it.

    Raises:
        PseudonymsError: there are pseudonyms, and they can't be read.
    """
    names = names_in(course.roster, course.store.folder)
    return apply_decisions(course.entries, course.decisions, course.rubric, names)


def write_out(course: GradedFolder, options: CourseOptions) -> int:
    """Write everything that is asked for, and say how it went; return the exit status.

    Raises:
        StoreError: something can't be written.
    """
    now, roster = decided(course), course.roster
    published = publish(course.store.contents, roster.path, now.entries, options)
    listed = {submission.name for submission in roster.submissions}
    uncounted = sorted(course.store.names() - listed)
    stale = [_stale(uncounted)] if uncounted else []
    doubts = [roster.doubt] if roster.doubt else []
    told = (*doubts, *roster.notices, *now.unapplied, *now.notices, *stale, *published.notices)
    for notice in told:
        say(f"Note: {notice}", sys.stderr)
    say(summary(published.overview, published.files), sys.stdout)
    for problem in published.problems:
        say(f"Error: {problem}", sys.stderr)
    is_done = published.overview.is_done
    is_done = is_done and not (roster.doubt or now.unapplied or published.problems)
    return ALL_GRADED if is_done else NOT_ALL_GRADED


def _stale(names: Sequence[str]) -> str:
    """Return a sentence on results that are of nobody in the course."""
    few = named(names, len(names))
    where = " They are the files of results/ that gradebook.csv doesn't name."
    sentence = f"Results of earlier gradings stay, but are not counted: {few}."
    return sentence + where * (len(names) > MOST_NAMED)


def say(text: str, stream: TextIO) -> None:
    """Write lines, folded where the stream is a terminal."""
    click.echo(folded(text, stream), stream)
