"""What filling a platform's own sheet has to say, whichever platform's it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from grader.report.course import Entry
from grader.report.words import number
from grader.untrusted_text import clean

_MOST_NAMED = 20
_EXCUSED = "EX"
"""What Canvas has in place of points for whom the assignment doesn't count."""
_LONGEST = 80


def both_sides(course: Sequence[str], sheet: Sequence[str]) -> str:
    """Whom the course and a sheet have, where they have nobody in common."""
    sides = (("the course has", course), ("the sheet has", sheet))
    words = [f"{words} {_listed(names[:_MOST_NAMED], len(names))}" for words, names in sides]
    return "; ".join(words)


def _listed(names: Sequence[str], count: int) -> str:
    shown = [clean(name, _LONGEST).strip() or "(no name)" for name in names]
    more = count - len(shown)
    return (", ".join(shown) or "nobody") + (f" and {more} more" if more else "")


def key_of(name: str) -> str:
    """What two spellings of a name have in common: Moodle's files have spaces for underscores."""
    plain = unicodedata.normalize("NFKC", name).replace("_", " ").casefold()
    return " ".join(plain.split())


@dataclass
class Filling:
    """A sheet while it is filled: what to write for each student, and what a person must know.

    Attributes:
        sheet: what the platform calls it.
        zeros: whether who could not be graded gets a 0.
        strangers: submissions that are for nobody in the sheet.
        absent: students in the sheet without a submission.
        claimed_twice: students in the sheet whom more than one submission fits, or whose
            submission fits others as well.
        named: submissions that nothing but a name assigns.
    """

    sheet: str
    zeros: bool = False
    strangers: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    claimed_twice: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    _failed: list[str] = field(default_factory=list)
    _ungradable: list[str] = field(default_factory=list)
    _excused: list[str] = field(default_factory=list)
    _replaced: list[str] = field(default_factory=list)
    _commented: list[str] = field(default_factory=list)
    _maximum: str = ""

    def points(self, entry: Entry, old: str, comma: bool = False) -> str | None:
        """The points to write in place of ``old``; None if that stays."""
        old = old.strip()
        status = entry.result.status
        if old.upper() == _EXCUSED:
            self._excused.append(entry.called)
            return None
        if status == "grader_error":
            self._failed.append(entry.called)
            return None
        if status == "ungradable" and not self.zeros:
            self._ungradable.append(entry.called)
            return None
        new = f"{entry.result.points:.2f}"
        if old and old != "-" and _value(old) != float(new):
            self._replaced.append(f"{entry.called} (had {clean(old, _LONGEST)}, now {new})")
        return new.replace(".", ",") if comma else new

    def comment(self, entry: Entry, old: str, new: str) -> None:
        """Remember whose comment is replaced by another."""
        if old.strip() and old.split() != new.split():
            self._commented.append(entry.called)

    def compare(self, maxima: Collection[str], most: float) -> None:
        """Hold the sheet's maximum, if it has one number for all, against the rubric's sum."""
        known = {value for value in map(_value, maxima) if value is not None}
        if known and known != {round(most, 2)}:
            theirs = " or ".join(map(number, sorted(known)))
            self._maximum = (
                f"The {self.sheet}'s maximum is {theirs} points, and the rubric's sum is "
                f"{number(most)}: points are written as they are, so full marks are "
                f"{number(most)} of {theirs} there. Set the maximum to {number(most)} on the "
                "platform, or grade with a rubric of as many points."
            )

    def notices(self) -> list[str]:
        """Everything that a person must know, a sentence or two each."""
        told = [
            (self._failed, "left open, since the grader itself failed"),
            (
                self._ungradable,
                "left open, since what was handed in could not be graded; --ungradable-as-zero "
                "fills in 0",
            ),
            (self._excused, f"excused ({_EXCUSED}), and stays so"),
            (
                self._replaced,
                "given other points than the sheet had; to keep those, put them into "
                "overrides.yaml",
            ),
            (self._commented, "given another comment than the sheet had"),
            (
                self.claimed_twice,
                "left open, since more than one submission fits, or more than one student",
            ),
            (
                self.named,
                "found by the full name alone, and without a page in the platform's zip, since no "
                "participant's number is in the file's or folder's name",
            ),
            (self.strangers, "in the course, but not in the sheet"),
            (self.absent, "in the sheet, but handed nothing in, so nothing is filled in"),
        ]
        counted = [
            f"In the {self.sheet}: {len(names)} {'is' if len(names) == 1 else 'are'} {words}: "
            f"{_listed(names, len(names))}."
            for names, words in told
            if names
        ]
        return [*([self._maximum] if self._maximum else []), *counted]


def _value(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None
