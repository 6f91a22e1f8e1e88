"""What the last grading of a course changed, by its results and their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.course.compare import Change, CompareError, compare, read_result, to_text
from grader.course.history import Grading, History
from grader.report.result import Result
from grader.report.words import other_grading_words, points_words

_TIME = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class LastGrading:
    """The last grading of a course.

    Attributes:
        grading: its place in the history.
        changes: whose points or status it changed, sorted by name.
        kept: name -> an earlier result that counts, since its total is higher than what was found.
        count: how many results there are.
    """

    grading: Grading
    changes: tuple[Change, ...]
    kept: Mapping[str, Result]
    count: int

    @property
    def changed(self) -> frozenset[str]:
        """The names of those whose points or status it changed."""
        return frozenset(change.name for change in self.changes)


def read_last_grading(folder: Path) -> LastGrading | None:
    """Return what the last grading changed; None where the folder has no history.

    Raises:
        CompareError: results can't be read.
    """
    gradings = History(folder).gradings()
    if not gradings:
        return None
    last, results = gradings[-1], folder / "results"
    try:
        before = last.before
    except OSError as error:
        raise CompareError(f"{last.folder} can't be read: {error.strerror}.") from error
    names = {path.stem for path in results.glob("*.json")}
    # Whatever is neither new nor replaced stayed as it was, so it need not be read.
    old = {it: read_result(last.replaced(it)) for it in last.names_of_replaced if it in names}
    new = {it: read_result(results / f"{it}.json") for it in sorted(old.keys() | (names - before))}
    lower = (name for name in last.names_of_lower if name in names)
    kept = {name: read_result(results / f"{name}.json") for name in lower}
    return LastGrading(last, compare(old, new), kept, len(names))


def last_to_text(last: LastGrading) -> str:
    """Return what the last grading changed, for a terminal."""
    when = last.grading.began.strftime(_TIME)
    is_first = not last.grading.before
    head = f"The {'first and only' if is_first else 'last'} grading is of {when}"
    lines = [f"{head}{'.' if last.grading.is_finished else ', and not finished.'}"]
    if is_first:
        students = "student" if last.count == 1 else "students"
        return f"{lines[0]} It graded {last.count} {students}.\n"
    lines.append(to_text(last.changes, last.count).rstrip("\n"))
    if last.kept:
        lines += ["", "Who has fewer points now and keeps the higher total:"]
        lines += [
            f"{name}  {points_words(result)}. {other_grading_words(result)}"
            for name, result in last.kept.items()
        ]
    return "\n".join(lines) + "\n"
