"""Points and notices of filling in a platform's own sheet, for all platforms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from grader.platforms.names import folded, listed
from grader.report.course import Entry
from grader.report.words import number
from grader.untrusted_text import clean

_MOST_NAMED = 20
_EXCUSED = "EX"
"""What Canvas has in place of points for whom the assignment doesn't count."""
_LONGEST = 80


def both_sides(course: Sequence[str], sheet: Sequence[str]) -> str:
    """Return whom the course and a sheet have, where they have nobody in common."""
    ours, theirs = _listed(course, _MOST_NAMED), _listed(sheet, _MOST_NAMED)
    return f"the course has {ours}; the sheet has {theirs}"


def _listed(names: Sequence[str], most: int) -> str:
    texts = [clean(name, _LONGEST).strip() or "(no name)" for name in names]
    return listed(texts, most) or "nobody"


def key_of(name: str) -> str:
    """Return what spellings of a name share; Moodle's files have spaces for underscores."""
    return " ".join(folded(name).replace("_", " ").split())


_ABSENT = "in the sheet, but handed nothing in, so nothing is filled in"
_WORDS = {
    "failed": "left open, since the grader itself failed",
    "undecided": "left open, since a task is to be graded by hand",
    "ungradable": "left open, since what was handed in could not be graded; --ungradable-as-zero "
    "fills in 0",
    "excused": f"excused ({_EXCUSED}), and stays so",
    "kept": "in the sheet with other points already, so nothing is changed there; put them into "
    "overrides.yaml, or add --replace-grades for those of the grader",
    "replaced": "given other points than the sheet had",
    "comment kept": "in the sheet with another comment, which stays; --replace-grades writes the "
    "grader's",
    "commented": "given another comment than the sheet had",
    "claimed twice": "left open, since more than one submission fits, or more than one student",
    "of another": "left open, since the number is of one student of the course, and the name or "
    "address is another's: download the sheet of this assignment",
    "named": "found by the full name alone, and without a page in the platform's zip, since no "
    "participant's number is in the file's or folder's name",
    "strangers": "in the course, but not in the sheet",
    "absent": _ABSENT,
}
"""What a person must know, in the order in which it is said."""


@dataclass
class Filling:
    """A sheet while it is filled: what to write for each student, and what a person must know.

    Attributes:
        sheet: what the platform calls it.
        zeros: whether who could not be graded gets a 0.
        replace: whether what the sheet has already, by a person perhaps, is replaced.
    """

    sheet: str
    zeros: bool = False
    replace: bool = False
    _names: dict[str, list[str]] = field(default_factory=dict)
    _maximum: str = ""

    def note(self, what: str, *names: str) -> None:
        """Remember what is so with some; ``what`` is a key of `_WORDS`."""
        self._names.setdefault(what, []).extend(names)

    def points(self, entry: Entry, old: str, comma: bool = False, member: str = "") -> str | None:
        """Return the points to write in place of ``old``; None if that stays.

        ``member`` is whose row it is, where the entry has several.
        """
        old = old.strip()
        status = entry.result.status
        if old.upper() == _EXCUSED:
            self.note("excused", entry.called)
            return None
        if status == "grader_error":
            self.note("failed", entry.called)
            return None
        if entry.result.waits_for_person:
            self.note("undecided", entry.called)
            return None
        if status == "ungradable" and not self.zeros:
            self.note("ungradable", entry.called)
            return None
        new = f"{entry.final_points:.2f}"
        if old and old != "-" and _value(old) != float(new):
            who, had = member or entry.called, clean(old, _LONGEST)
            if not self.replace:
                self.note("kept", f"{who} (has {had}, graded {new})")
                return None
            self.note("replaced", f"{who} (had {had}, now {new})")
        return new.replace(".", ",") if comma else new

    def comment(self, who: str, old: str, new: str) -> str | None:
        """Return the comment to write in place of ``old``; None if that stays."""
        if old.strip() and old.split() != new.split():
            self.note("commented" if self.replace else "comment kept", who)
            return new if self.replace else None
        return new

    def compare(self, maxima: Collection[str], most: float) -> None:
        """Hold the sheet's maximum, if it has one number for all, against the most given here."""
        known_maxima = {value for value in map(_value, maxima) if value is not None}
        if known_maxima and known_maxima != {round(most, 2)}:
            theirs = " or ".join(map(number, sorted(known_maxima)))
            self._maximum = (
                f"The {self.sheet}'s maximum is {theirs} points, and {number(most)} are the most "
                "that are given here: points are written as they are, so full marks are "
                f"{number(most)} of {theirs} there. Set the maximum to {number(most)} on the "
                "platform, or grade with a rubric of as many points."
            )

    def notices(self) -> list[str]:
        """Return everything that a person must know, a sentence or two each."""
        notices = [self._maximum] if self._maximum else []
        for what, words in _WORDS.items():
            names = self._names.get(what)
            if names:
                are = "is" if len(names) == 1 else "are"
                all_ = _listed(names, len(names))
                notices.append(f"In the {self.sheet}: {len(names)} {are} {words}: {all_}.")
        return notices


def of_some(notices: Sequence[str]) -> list[str]:
    """Return notices about a sheet that was filled for some of a course alone.

    They don't name who else is in the sheet, since that is everybody else.
    """
    return [notice for notice in notices if _ABSENT not in notice]


def _value(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None
