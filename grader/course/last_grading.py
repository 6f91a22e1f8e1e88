"""What the last grading of a course changed, by its results and their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.course.compare import Change, CompareError, KeptResults, compare, to_text
from grader.course.contents import Contents
from grader.course.history import Grading, History, results_in
from grader.course.store import RESULTS, result_path
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


def read_last_grading(contents: Contents) -> LastGrading | None:
    """Return what the last grading changed; None where the folder has no history.

    Each result that it changed is read once: the first grading changed all of them.

    Raises:
        CompareError: results can't be read.
    """
    gradings = History(contents).gradings()
    if not gradings:
        return None
    last = gradings[-1]
    try:
        before = last.before
    except (OSError, ValueError) as error:
        place = contents.place(last.folder)
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise CompareError(
            f"{place} can't be read: {why}. What a later grading changes is told again; "
            "--regrade makes one."
        ) from error
    names = {*results_in(contents, RESULTS)}
    # Whatever is neither new nor replaced stayed as it was, so it need not be read.
    replaced = {it: last.replaced(it) for it in last.names_of_replaced if it in names}
    now = {it: result_path(it) for it in replaced.keys() | (names - before)}
    lower = {it: result_path(it) for it in last.names_of_lower if it in names}
    changes = compare(KeptResults(contents, replaced), KeptResults(contents, now))
    return LastGrading(last, changes, KeptResults(contents, lower), len(names))


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
