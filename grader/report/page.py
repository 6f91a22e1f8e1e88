"""The result as one page for a student: HTML that holds all it shows and executes nothing.

Whatever comes from a submission is escaped, and the page's own policy lets a browser load nothing
and run no script even if something should slip through.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePath

from markupsafe import Markup

from grader.report.course import TOTAL, Entry, is_total_set
from grader.report.curve import loss_curve, some_of
from grader.report.feedback import ALL, LEVELS, POINTS, Level, told_result
from grader.report.pictures import pictures_of
from grader.report.rendering import render
from grader.report.result import Result, TaskResult
from grader.report.task_state import NOT_DONE, has_all_points, mend_first, next_step, state
from grader.report.telling import Told, told_once
from grader.report.words import (
    appeal_words,
    arrival_words,
    comment_words,
    other_grading_words,
    override_words,
    status_words,
)
from grader.untrusted_text import clean

MAX_CODE = 20_000

_HEADER = "<header>\n"
_COURSE_LINK = '<p><a href="../index.html">All submissions</a></p>\n'

BY_HAND = '<meta name="points" content="set by hand">'
"""What is in the head of a page that shows points set by hand."""
_LEVEL_MARK = '<meta name="feedback" content="{}">'
"""What is in the head of a page that doesn't tell all of a result."""
_LEVEL = re.compile(_LEVEL_MARK.format("([a-z]+)").encode())

_BY_HAND = "Set by hand"
_RUN_WORDS = {
    "completed": "The whole notebook ran from top to bottom without an error.",
    "failed": "Running the whole notebook from top to bottom failed.",
    "timed_out": "Running the whole notebook took too long.",
    "killed": "The kernel was ended while the notebook ran.",
    "interrupted": "The whole notebook did not run to its end.",
    "not_run": "The notebook was not executed; its class was checked alone.",
}


def to_page(
    result: Result,
    title: str,
    sources: Mapping[str, str] | None = None,
    executed: str | None = None,
    entry: Entry | None = None,
    student: str = "",
) -> str:
    """Return a result as a self-contained page.

    Args:
        result: what to show.
        title: of the assignment.
        sources: the student's methods as written, by their names.
        executed: the executed notebook's text, to show its plots.
        entry: the submission in its course, with what people decided, to say so at the top; it
            says how much of the result is told.
        student: the names of whoever handed it in, where no entry says so.
    """
    level = entry.feedback if entry else ALL
    result = told_result(result, level)
    if level == POINTS:
        sources = executed = None
    set_by_hand = {override.target for override in entry.overrides} if entry else set()
    settled = set_by_hand | _settled_tasks(result, set_by_hand)
    if entry:
        names = ", ".join(student.name for student in entry.students)
        student = result.submission.student or names
    # Its reason says already what to hand in.
    is_nothing = not (result.submission.sha256 or result.checks)
    file = "" if student and is_nothing else PurePath(result.submission.path).name
    is_handed_in = bool(entry or student)
    is_done = is_handed_in and has_all_points(result) and not mend_first(result)
    has_no_step = is_nothing or level == POINTS or TOTAL in settled or is_done
    return render(
        "page.html",
        result=result,
        title=title[:1].upper() + title[1:],
        whose=", ".join(clean(part, 200) for part in (student, file) if part),
        task_words=_task_words(result) | dict.fromkeys(set_by_hand, _BY_HAND),
        task_states={task.id: state(task).replace(" ", "-") for task in result.tasks},
        **_by_people(entry, result),
        level_mark=Markup(_LEVEL_MARK.format(level)) if level != ALL else "",
        level=level,
        next_step="" if has_no_step else next_step(result, settled, brief=True),
        told={task.id: _told(task) for task in result.tasks},
        code={task.id: numbered_lines(task, sources or {}) for task in result.tasks},
        run_words=_RUN_WORDS[result.run.status],
        curve=loss_curve(result.training.losses),
        some_losses=some_of(result.training.losses),
        pictures=pictures_of(executed) if executed else (),
    )


def _by_people(entry: Entry | None, result: Result) -> dict[str, object]:
    """Return what people decided, as the page's template names it."""
    is_marked = entry is not None and is_decided(entry)
    return {
        "by_hand": [override_words(it, result) for it in entry.overrides] if entry else [],
        "by_hand_mark": Markup(BY_HAND) if is_marked else "",
        "arrival": arrival_words(entry.arrival) if entry and entry.arrival else "",
        "lateness": entry.lateness if entry else None,
        "final_points": entry.final_points if entry else result.points,
        "comments": [comment_words(it, result) for it in entry.comments] if entry else [],
        "appeals": [appeal_words(it, result) for it in entry.appeals] if entry else [],
        "other_grading": "" if is_total_set(entry) else other_grading_words(result),
        "taken": 0.0 if is_total_set(entry) else max(0.0, result.earned_in_tasks - result.points),
    }


def level_of(head: bytes) -> Level:
    """Return how much of a result a page tells, by its first bytes."""
    found = _LEVEL.search(head)
    said = found[1].decode() if found else ALL
    return next((level for level in LEVELS if level == said), ALL)


def in_course(page: str) -> str:
    """Return a page with a link to that of the course, beside whose folder it lies."""
    return page.replace(_HEADER, _HEADER + _COURSE_LINK, 1)


def out_of_course(page: bytes) -> bytes:
    """Return a page of a course as a student gets it, who has no other."""
    return page.replace(_COURSE_LINK.encode(), b"", 1)


def to_table(result: Result, then: str | None = None) -> str:
    """Return a result as a fragment of HTML for the output of a notebook cell.

    ``then`` is said to be next, in place of what the result says.
    """
    is_only_checked = result.status != "ungradable" and result.run.status == "not_run"
    return render(
        "table.html",
        result=result,
        task_words=_task_words(result),
        next_step=then or next_step(result, brief=True),
        told={task.id: _told(task) for task in result.tasks},
        not_done=NOT_DONE if is_only_checked else "",
    )


def _task_words(result: Result) -> dict[str, str]:
    words = {task.id: state(task) for task in result.tasks}
    said = {id: "Not yet written" if w == "not yet" else status_words(w) for id, w in words.items()}
    return said | {task.id: _BY_HAND for task in result.tasks if task.in_total}


def _told(task: TaskResult) -> list[Told]:
    """Return what the checks that have something to say tell."""
    return told_once(task.told)


def _settled_tasks(result: Result, set_by_hand: Collection[str]) -> set[str]:
    """Return the tasks of which every check that is lost was set by hand: nothing is to be done."""
    return {
        task.id
        for task in result.tasks
        if task.lost and all(check.id in set_by_hand for check in task.lost)
    }


def is_decided(entry: Entry) -> bool:
    """Return whether a page shows more of a submission than the grader found."""
    by_people = entry.overrides or entry.comments or entry.appeals or entry.arrival
    return bool(by_people or entry.lateness) or entry.result.waits_for_person


def numbered_lines(task: TaskResult, sources: Mapping[str, str]) -> list[tuple[int, str]]:
    """Return the lines of the task's method by their numbers; none if there is no such method."""
    if not task.location or task.method not in sources:
        return []
    lines = clean(sources[task.method], MAX_CODE).split("\n")
    return list(enumerate(lines, task.location["line"]))
