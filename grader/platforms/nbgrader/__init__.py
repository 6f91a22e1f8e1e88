"""nbgrader: its tree of folders, its gradebook, and grades.csv as ``nbgrader export`` writes it."""

from __future__ import annotations

from collections.abc import Sequence

from grader.platforms.nbgrader.tree import narrow, not_its_tree, student_depths
from grader.platforms.platform import GradedCourse, Option, Platform, Sheet


def _fill(course: GradedCourse) -> tuple[Sequence[bytes], Sequence[str]]:
    from grader.platforms.nbgrader.grades import to_nbgrader
    from grader.platforms.nbgrader.roster import NO_ROSTER, read_roster

    roster, unread = (NO_ROSTER, []) if course.path is None else read_roster(course.path)
    assignment = course.values["nbgrader"]
    grades, notices = to_nbgrader(course.entries, assignment, roster, course.zeros)
    return (grades,), [*unread, *notices]


PLATFORM = Platform(
    "nbgrader",
    order=50,
    student_depths=student_depths,
    narrow=narrow,
    not_its_tree=not_its_tree,
    options=(Option("--nbgrader", "Write nbgrader's grades.csv, too.", metavar="ASSIGNMENT"),),
    sheet=Sheet("--nbgrader", ("grades.csv",), _fill),
)
