"""What the desk shows: a course on the disk, read anew where its files have changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.composition import ASSIGNMENT
from grader.course.folder import rubric_of, store_of
from grader.course.kept_code import KeptCode, read_code
from grader.course.roster import NAME, Roster, entries_of, read_roster
from grader.course.store import Store
from grader.course.write_out import with_notes
from grader.decisions import write
from grader.decisions.apply import Decided, apply_decisions
from grader.decisions.decision import Decision
from grader.decisions.read import OverridesError, read_decisions
from grader.examiner.rubric import Rubric
from grader.report.course import Entry

Signature = tuple[object, ...]


@dataclass(frozen=True)
class Snapshot:
    """A course at one moment.

    Attributes:
        folder: that of the results.
        graded: the submissions as the grader left them, by name.
        decided: the same with everything laid over it.
        decisions: what the file of overrides says.
        raw: its entries as they stand there, in the same order.
        rubric: what each target is worth.
        digest: of the file of overrides; "" if there is none.
        problem: why the file can't be used, so that nothing of it holds; "" where it can.
        lost: what was decided in the desk, and is in the file no more.
    """

    folder: Path
    graded: Mapping[str, Entry]
    decided: Decided
    decisions: tuple[Decision, ...]
    raw: tuple[write.Entry, ...]
    rubric: Rubric
    digest: str
    problem: str = ""
    lost: tuple[write.Entry, ...] = ()

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The submissions with what holds now, by name, in their order."""
        return {entry.name: entry for entry in self.decided.entries}

    def code(self, name: str) -> KeptCode:
        """Return what was graded of a submission."""
        return read_code(self.folder, name)

    def executed(self, name: str) -> str | None:
        """Return the executed notebook; None if there is none of the grading that counts."""
        if self.graded[name].result.run.status == "not_run":
            return None
        try:
            return (self.folder / "executed" / f"{name}.ipynb").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


class CourseState:
    """A course that is read once, and again where another program has changed it."""

    def __init__(self, folder: Path, rubric: Path | None = None) -> None:
        """Read a folder of results, to be looked at by a rubric.

        Raises:
            UnusableError: it is no such folder, or something in it can't be read.
        """
        self.folder = folder
        self._rubric = rubric
        self._graded: tuple[Signature, tuple[Entry, ...], Rubric] | None = None
        self._snapshot: tuple[Signature, Snapshot] | None = None
        self.now()

    def now(self) -> Snapshot:
        """Return the course as it is on the disk.

        Raises:
            UnusableError: a result or the rubric can't be read.
        """
        roster = self._roster_signature()
        entries, rubric = self._results(roster)
        decisions = _signature(*(self.folder / name for name in (*write.FILES, write.LOG)))
        signature = (roster, decisions)
        if self._snapshot is None or self._snapshot[0] != signature:
            self._snapshot = signature, self._read(entries, rubric)
        return self._snapshot[1]

    def _roster_signature(self) -> Signature:
        return _signature(self.folder / NAME, self.folder / "results", *self._rubric_files())

    def _rubric_files(self) -> tuple[Path, ...]:
        return (self._rubric,) if self._rubric else ()

    def _results(self, signature: Signature) -> tuple[tuple[Entry, ...], Rubric]:
        if self._graded is None or self._graded[0] != signature:
            roster: Roster = read_roster(self.folder)
            store: Store = store_of(self.folder)
            entries = with_notes(entries_of(roster, store))
            self._graded = signature, entries, rubric_of(roster, self._rubric)
        return self._graded[1], self._graded[2]

    def _read(self, entries: tuple[Entry, ...], rubric: Rubric) -> Snapshot:
        decisions: tuple[Decision, ...] = ()
        problem, digest = "", ""
        try:
            digest = write.digest_of(self.folder)
            decisions = read_decisions(self.folder, rubric)
        except OverridesError as error:
            problem = str(error)
        return Snapshot(
            self.folder,
            {entry.name: entry for entry in entries},
            apply_decisions(entries, decisions, rubric),
            decisions,
            tuple(write.entries_in(self.folder)) if not problem else (),
            rubric,
            digest,
            problem,
            tuple(write.lost(self.folder)) if not problem else (),
        )


def misconception_titles() -> Mapping[str, str]:
    """Return what misconceptions are called: id -> words."""
    return {it.id: it.general_title for it in ASSIGNMENT.misconceptions().values()}


def _signature(*paths: Path) -> Signature:
    """Return what changes where a file or a folder does."""
    signature = []
    for path in paths:
        try:
            stat = os.stat(path)
            signature.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        except OSError:
            signature.append((0, 0, 0))
    return tuple(signature)
