"""What the desk shows: a course on the disk, read anew where its files have changed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from threading import Lock

from grader.composition import ASSIGNMENT
from grader.course.contents import Contents
from grader.course.folder import decisions_of, require_their_rubric, rubric_of, store_of
from grader.course.kept_code import KeptCode, read_code
from grader.course.pages import executed_text
from grader.course.roster import NAME, Roster, entries_of, kept_result_of, read_roster
from grader.course.store import Store, result_path
from grader.decisions import log, write
from grader.decisions.apply import Decided, apply_decisions
from grader.decisions.decision import Decision
from grader.decisions.read import OverridesError
from grader.decisions.yaml_text import RawEntry, same_text
from grader.desk.groups import Group, groups_of
from grader.desk.todo import ToDo, to_do
from grader.examiner.rubric import Rubric
from grader.moments import written_now
from grader.report.course import Entry
from grader.report.result import Result

Signature = tuple[object, ...]

_TRIES = 20


@dataclass(frozen=True)
class Snapshot:
    """A course at one moment.

    Attributes:
        folder: that of the results.
        contents: what it holds of the submissions.
        graded: the submissions as the grader left them, by name.
        decided: the same with everything laid over it.
        decisions: what the file of overrides says.
        rubric: what each target is worth.
        digest: of the file of overrides; "" if there is none.
        read_at: when it was read, as `written_now` has it.
        problem: why the file can't be used, so that nothing of it holds; "" where it can.
        lost: what was decided in the desk, and is in the file no more.
        boundaries: points at which the grade changes.
        rubric_file: the rubric that was given in place of the last grading's; None if none was.
    """

    folder: Path
    contents: Contents
    graded: Mapping[str, Entry]
    decided: Decided
    decisions: tuple[Decision, ...]
    rubric: Rubric
    digest: str
    read_at: str
    problem: str = ""
    lost: tuple[RawEntry, ...] = ()
    boundaries: tuple[float, ...] = ()
    rubric_file: Path | None = None

    @property
    def publish_command(self) -> str:
        """The command that writes out what holds, to be run where the desk was started."""
        rubric = ["--rubric", str(self.rubric_file)] if self.rubric_file else []
        return shlex.join(["grade", "publish", str(self.folder), *rubric])

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The submissions with what holds now, by name, in their order."""
        return {entry.name: entry for entry in self.decided.entries}

    @cached_property
    def waiting(self) -> tuple[ToDo, ...]:
        """The submissions that wait for a person."""
        return to_do(self.graded, self.decided.entries, self.boundaries)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups of students who share something."""
        return groups_of(tuple(self.graded.values()), misconception_titles())

    def code(self, name: str) -> KeptCode:
        """Return what was graded of a submission."""
        return read_code(self.contents, name)

    def executed(self, name: str) -> str | None:
        """Return the executed notebook; None if there is none of the grading that counts."""
        return executed_text(self.contents, self.graded[name])


class _ReadOnce(Store):
    """A store that reads a result again only where it has changed: there may be hundreds."""

    def __init__(self, store: Store) -> None:
        """Take the store that reads."""
        super().__init__(store.folder, contents=store.contents)
        self._store = store
        self._seen: dict[str, tuple[object, Result]] = {}

    def read(self, name: str) -> Result:
        """Return the result of that name; raises what the store does."""
        signature = self.contents.stamp(result_path(name))
        known = self._seen.get(name)
        if known is None or known[0] != signature:
            known = self._seen[name] = (signature, self._store.read(name))
        return known[1]


class CourseState:
    """A course that is read once, and again where another program has changed it."""

    def __init__(
        self, folder: Path, rubric: Path | None = None, boundaries: Collection[float] = ()
    ) -> None:
        """Read a folder of results, to be looked at by a rubric.

        Args:
            folder: the folder.
            rubric: one to be used in place of the last grading's.
            boundaries: points at which the grade changes.

        Raises:
            UnusableError: it is no such folder, or something in it can't be read.
        """
        self.folder = folder
        self._rubric = rubric
        self._store = _ReadOnce(store_of(folder))
        self._boundaries = tuple(boundaries)
        self._lock = Lock()  # pages are answered in threads
        self._graded: tuple[Signature, Sequence[Entry], Rubric] | None = None
        self._snapshot: tuple[Signature, Snapshot] | None = None
        # What an editor writes has no time, or any, so that of an entry is when it was first seen.
        self._first_read: dict[str, str] = {}
        self.now()

    def now(self) -> Snapshot:
        """Return the course as it is on the disk.

        Raises:
            UnusableError: a result or the rubric can't be read.
        """
        with self._lock:
            roster = self._roster_signature()
            entries, rubric = self._results(roster)
            for _ in range(_TRIES):
                signature = (roster, self._decisions_signature())
                if self._snapshot is None or self._snapshot[0] != signature:
                    self._snapshot = signature, self._read(entries, rubric)
                if self._decisions_signature() == signature[1]:
                    break  # else it was written while it was read
            assert self._snapshot is not None
            return self._snapshot[1]

    def knew(self, entry: RawEntry, read_at: str) -> bool:
        """Return whether the course as it was read then had an entry of the file of overrides."""
        first = self._first_read.get(_text_of(entry))
        return first is not None and first <= read_at

    def _decisions_signature(self) -> Signature:
        # The folder, too: a file that is only called nearly so is a mistake.
        return _signature(*(self.folder / name for name in (".", *write.FILES, log.LOG)))

    def _roster_signature(self) -> Signature:
        return _signature(self.folder / NAME, self._store.contents.watched, *self._rubric_files())

    def _rubric_files(self) -> tuple[Path, ...]:
        return (self._rubric,) if self._rubric else ()

    def _results(self, signature: Signature) -> tuple[Sequence[Entry], Rubric]:
        if self._graded is None or self._graded[0] != signature:
            roster: Roster = read_roster(self.folder)
            entries = entries_of(roster, self.folder, kept_result_of(self._store))
            rubric = rubric_of(roster, self._rubric)
            require_their_rubric(entries, rubric)
            self._graded = signature, entries, rubric
        return self._graded[1], self._graded[2]

    def _read(self, entries: Sequence[Entry], rubric: Rubric) -> Snapshot:
        decisions: tuple[Decision, ...] = ()
        problem, digest, read_at = "", "", written_now()
        try:
            digest = write.digest_of(self.folder)
            decisions = decisions_of(self.folder, rubric, self._rubric)
        except (OverridesError, OSError) as error:
            problem = str(error)
        for decision in decisions:
            self._first_read.setdefault(_text_of(decision.entry), read_at)
        return Snapshot(
            self.folder,
            self._store.contents,
            {entry.name: entry for entry in entries},
            apply_decisions(entries, decisions, rubric),
            decisions,
            rubric,
            digest,
            read_at,
            problem,
            tuple(write.lost(self.folder)) if not problem else (),
            self._boundaries,
            self._rubric,
        )


@cache
def misconception_titles() -> Mapping[str, str]:
    """Return what misconceptions are called: id -> words."""
    return ASSIGNMENT.misconception_titles()


def _text_of(entry: RawEntry) -> str:
    """Return an entry as one text, the same before and after a table is turned into YAML."""
    return same_text(write.with_numbers(entry))


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
