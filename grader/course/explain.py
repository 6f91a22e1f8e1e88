"""Find a check of a student of a graded course, to explain it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from grader.composition import ASSIGNMENT
from grader.course.kept_code import read_code
from grader.course.roster import Listed, names_in
from grader.course.write_out import GradedFolder, decided
from grader.errors import UnusableError
from grader.nearest import nearest
from grader.platforms.names import folded, listed, shown
from grader.report.course import Entry
from grader.report.explanation import Explanation

_MOST_NAMED = 20


class NotFoundError(UnusableError):
    """There is no such student or check; says which there are."""


def explanation_of(course: GradedFolder, student: str, check: str) -> Explanation:
    """Return all that is known about a check of a student.

    Args:
        course: with what people decided.
        student: as in overrides: the name of the result, or a student's name, id or address.
        check: its id.

    Raises:
        NotFoundError: there is no such student or check, or there are several students.
    """
    at = place_of(student, course)
    graded, now = course.entries[at], decided(course).entries[at]
    code = read_code(course.store.contents, graded.name).text
    found = {it.check.id: it for it in explanations(graded, now, code)}
    if not found:
        why = graded.result.reason or "it has no checks"
        raise NotFoundError(f"Nothing can be explained of {graded.called}: {why}")
    if check not in found:
        of_task = [it for it in found if it.startswith(f"{check}.")]
        near = "" if of_task else nearest(check, found)
        meant = f" Do you mean {near}?" if near else ""
        known = ", ".join(of_task or found)
        raise NotFoundError(f"There is no check '{shown(check)}'.{meant} There are {known}.")
    return found[check]


def explanations(graded: Entry, now: Entry, code: str) -> Iterator[Explanation]:
    """Yield what is known about each check of a submission.

    Args:
        graded: the submission as the grader gave it.
        now: with what holds now.
        code: the class as it was graded.
    """
    asked = ASSIGNMENT.asked()
    for task in graded.result.tasks:
        for check in task.checks:
            if check.id in asked:
                yield Explanation(now, task, check, asked[check.id], code)


def place_of(student: str, course: GradedFolder) -> int:
    """Return the place of a student's submission in a course.

    Args:
        student: as in overrides: the name of the result, or a student's name, id or address.
        course: where to look; no result is read.

    Raises:
        NotFoundError: there is no such student, or there are several.
        PseudonymsError: there are pseudonyms, and they can't be read.
    """
    names = names_in(course.roster, course.store.folder)
    found = [at for at, known in enumerate(names) if student in known]
    if len(found) == 1:
        return found[0]
    submissions = course.roster.submissions
    if found:
        several = listed([submissions[at].name for at in found], _MOST_NAMED)
        raise NotFoundError(
            f"Several students are called '{shown(student)}': give one of {several}."
        )
    spelt = {folded(name): entry.name for entry in submissions for name in _names(entry)}
    near = list(dict.fromkeys(spelt[it] for it in get_close_matches(folded(student), spelt, 3)))
    those = listed(near or [entry.name for entry in submissions], _MOST_NAMED)
    question = f"Do you mean {those}?" if near else f"There are {those}."
    raise NotFoundError(f"There is no student '{shown(student)}'. {question}")


def _names(entry: Listed) -> Iterator[str]:
    yield entry.name
    for student in entry.students:
        parts = student.name.split()
        yield from filter(None, (student.name, student.id, student.email, *parts))
