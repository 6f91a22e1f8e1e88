"""Decisions as forms of the desk send them, made entries of the file of overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.decisions.decision import CONDITIONS, EVERYONE
from grader.decisions.problems import DECIDING, number_of
from grader.moments import written_now
from grader.report.words import number

_TEXTS = ("comment", "reason", "due", "submitted", "appeal", "status")
WHERE = "where."
"""What the names of fields start with that say for whom else a decision holds."""


class FormError(Exception):
    """A form can't be used; says in a sentence what to fill in."""


@dataclass(frozen=True)
class Form:
    """What a person filled in, and who it was."""

    values: Mapping[str, str]
    by: str

    def entry(self) -> dict[str, Any]:
        """Return the entry for the file of overrides.

        Raises:
            FormError: nothing is decided, or points are no number.
        """
        entry: dict[str, Any] = self._whom()
        target = self._text("target")
        if target:
            entry["target"] = target
        points = self._text("points")
        if points:
            if number_of(points) != number_of(points):
                raise FormError(f"'{points}' is no number of points: write 0 or more, such as 2.5.")
            entry["points"] = float(number(number_of(points)))
            was = number_of(self._text("was"))
            if was == was:
                entry["was"] = was
        for key in _TEXTS:
            if text := self._text(key):
                entry[key] = text
        if self._text("seen"):
            entry["seen"] = True
        if not set(DECIDING) & entry.keys():
            raise FormError("Nothing is decided: give points, a comment, or both.")
        if self.by:
            entry["by"] = self.by
        entry["at"] = written_now()
        return entry

    def _whom(self) -> dict[str, Any]:
        conditions = {key: self._text(WHERE + key) for key in CONDITIONS}
        given = {key: value for key, value in conditions.items() if value}
        if given:
            return {"where": given}
        if self._text("everyone"):
            return {"where": EVERYONE}
        if not self._text("student"):
            raise FormError("The form names no student: load the page again.")
        return {"student": self._text("student")}

    def _text(self, key: str) -> str:
        # Browsers end lines with CR and LF, which YAML would keep as they are.
        return self.values.get(key, "").replace("\r\n", "\n").strip()
