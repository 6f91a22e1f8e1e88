"""course.json: who is in a course, and what else of it no result holds.

With the results it is all that is needed to write pages, gradebook and platforms' files anew, or to
look at the course in the desk, when what was handed in isn't at hand any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grader.course.find import Gathered
from grader.course.other_notebooks import notes_on_others
from grader.course.pseudonyms import known_pseudonyms
from grader.course.store import Store, result_path
from grader.course.writing import write_whole
from grader.errors import UnusableError
from grader.lazily import Lazily
from grader.platforms import PLATFORMS
from grader.platforms.platform import SheetError, Values
from grader.report.course import Entry, Identity, names_of
from grader.report.result import Result

NAME = "course.json"
_VERSION = 1
MOST_AT_ONCE = 3_000
"""Submissions of a course whose results are all held in memory; a result takes some 15 KB there."""


class RosterError(UnusableError):
    """A folder holds no course that was graded; says what to do."""


@dataclass(frozen=True)
class Listed:
    """One submission of a course, less what its result says; fields as those of `Entry`."""

    name: str
    students: tuple[Identity, ...]
    late: bool = False
    submitted: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roster:
    """A course as it was graded last.

    Attributes:
        path: what was graded, a folder or an archive.
        rubric: the file of the rubric; None for the assignment's own.
        submissions: all of them, sorted by name.
        notices: what a person should know about the course as a whole.
        doubt: what a person has to decide: who handed in some of the files.
    """

    path: str
    rubric: str | None
    submissions: tuple[Listed, ...]
    notices: tuple[str, ...] = ()
    doubt: str = ""
    schema_version: int = _VERSION


_ROSTER = TypeAdapter(Roster)


def roster_of(path: Path, rubric: Path | None, gathered: Gathered) -> Roster:
    """Return the roster of what was found at a path and is graded by a rubric."""
    listed = tuple(
        Listed(it.name, it.students, it.late, it.submitted, it.notices)
        for it in gathered.submissions
    )
    used = str(rubric.resolve()) if rubric else None
    return Roster(str(path.resolve()), used, listed, gathered.notices, gathered.doubt)


def with_sheets_times(roster: Roster, flags: Collection[str], values: Values) -> Roster:
    """Return the roster with the times of submissions that platforms' sheets tell.

    They take the place of what a sheet of the same platform told before, and of nothing else. A
    sheet that can't be used tells none: that is said where it is filled.

    Args:
        roster: of the course.
        flags: platforms' options that were given.
        values: of these.
    """
    course = {it.name: it.students for it in roster.submissions}
    for platform in PLATFORMS:
        sheet = platform.sheet
        if sheet is None or sheet.times is None or sheet.flag not in flags:
            continue
        with suppress(SheetError):
            times = sheet.times(course, values)
            timed = (
                replace(it, submitted=times[it.name])
                if it.name in times
                and (it.submitted is None or it.students[0].platform == platform.name)
                else it
                for it in roster.submissions
            )
            roster = replace(roster, submissions=tuple(timed))
    return roster


def write_roster(folder: Path, roster: Roster) -> None:
    """Write the roster into a folder of results.

    Raises:
        StoreError: it can't be written.
    """
    write_whole(folder / NAME, _ROSTER.dump_json(roster, indent=2) + b"\n")


def read_roster(folder: Path) -> Roster:
    """Return the roster of a folder of results.

    Raises:
        RosterError: there is none, or none that can be read.
    """
    path = folder / NAME
    try:
        roster = _ROSTER.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise RosterError(
            f"There is no {NAME} in {folder}: give a folder that `grade FOLDER --out` wrote; if "
            "only parts of a course did, or an older version, run that command without --shard."
        ) from None
    except NotADirectoryError:
        raise RosterError(
            f"{folder} is no folder of results: give a folder that `grade FOLDER --out` wrote."
        ) from None
    except (OSError, ValidationError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is none of this program's"
        raise RosterError(f"{path} can't be read: {why}. Grade the course again.") from error
    if roster.schema_version != _VERSION:
        raise RosterError(f"{path} is of another version of the grader: grade the course again.")
    return roster


def entries_of(
    roster: Roster, folder: Path, result_of: Callable[[str], Result], most: int = MOST_AT_ONCE
) -> Sequence[Entry]:
    """Return the submissions with their results, as the grader gave them.

    Args:
        roster: of the course.
        folder: that of the results, where pseudonyms are kept.
        result_of: finds the result of a name.
        most: how many are read at once; of a larger course a result is read each time when it is
            asked for, at about a millisecond, and what it raises comes then.

    Raises:
        RosterError: as `result_of` does.
        PseudonymsError: there are pseudonyms, and they can't be read.
    """
    known, listed = known_pseudonyms(folder), roster.submissions

    def entry(at: int) -> Entry:
        it = listed[at]
        result = result_of(it.name)
        notes = (*it.notes, *notes_on_others(result))
        pseudonym = known.get(it.name, "")
        return Entry(
            it.name, result, it.students, it.late, it.submitted, notes=notes, pseudonym=pseudonym
        )

    entries = Lazily(len(listed), entry)
    return entries if len(listed) > most else tuple(entries)


def names_in(roster: Roster, folder: Path) -> list[frozenset[str]]:
    """Return what each submission may be called, in their order, without reading a result.

    Raises:
        PseudonymsError: there are pseudonyms, and they can't be read.
    """
    known = known_pseudonyms(folder)
    return [names_of(it.name, it.students, known.get(it.name, "")) for it in roster.submissions]


def kept_result_of(store: Store) -> Callable[[str], Result]:
    """Return what finds the results of a store; it raises `RosterError` where one can't be read."""

    def result_of(name: str) -> Result:
        try:
            return store.read(name)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            place = store.contents.place(result_path(name))
            raise RosterError(f"{place} can't be read: {why}. Grade the course again.") from error

    return result_of
