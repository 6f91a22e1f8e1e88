"""What earlier gradings gave a student, and what each change came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.course.compare import compare
from grader.course.contents import Contents
from grader.course.history import History
from grader.report.from_json import from_json
from grader.report.result import Result


@dataclass(frozen=True)
class Earlier:
    """A result that a grading replaced.

    Attributes:
        until: when the grading began that replaced it.
        result: as it was.
        reasons: why the one after it has other points; none where it has the same.
    """

    until: datetime
    result: Result
    reasons: tuple[str, ...]


def earlier_results(contents: Contents, name: str, now: Result) -> tuple[Earlier, ...]:
    """Return what a student's result was before each grading that changed it, the latest first."""
    found: list[Earlier] = []
    after = now
    for grading in reversed(History(contents).gradings()):
        try:
            before = from_json(contents.read(grading.replaced(name)))
        except (OSError, ValueError):  # that grading left it as it was
            continue
        changes = compare({name: before}, {name: after})
        reasons = changes[0].reasons if changes else ()
        found.append(Earlier(grading.began, before, reasons))
        after = before
    return tuple(found)
