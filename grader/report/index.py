"""report/index.html: the course for the instructor, in one file that loads nothing.

Its only script, which sorts and searches the table, is named by its hash in the page's policy, so
nothing else could run; without it the table is complete all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from grader.report.cohort import cohort
from grader.report.course import Entry
from grader.report.gradebook import flags
from grader.report.rendering import environment, policy_hash, template_text
from grader.untrusted_text import clean

_MISCONCEPTIONS = 10
"""How many are shown at once; the others are folded away."""


@dataclass(frozen=True)
class _Row:
    """A submission in the table; ``values`` are its points and those of its tasks."""

    student: str
    id: str
    page: str
    values: tuple[float | None, ...]
    status: str
    flags: str


def to_index(entries: Sequence[Entry], pages: Mapping[str, str]) -> str:
    """The course as a page.

    Args:
        entries: the course.
        pages: entry's name -> address of the student's page, seen from this one.
    """
    figures = cohort(entries)
    css = template_text("page.css") + template_text("index.css")
    script = template_text("index.js")
    tasks = [id for id, _ in figures.tasks]
    rows = [_row(entry, pages.get(entry.name, ""), tasks) for entry in entries]
    return (
        environment()
        .get_template("index.html")
        .render(
            cohort=figures,
            rows=rows,
            most_shown=_MISCONCEPTIONS,
            has_ids=any(row.id for row in rows),
            css=Markup(css),
            css_hash=policy_hash(css),
            script=Markup(script),
            script_hash=policy_hash(script),
        )
    )


def _row(entry: Entry, page: str, tasks: Sequence[str]) -> _Row:
    result = entry.result
    is_open = result.status == "grader_error"
    points: dict[str, float | None] = {
        task.id: None if any(c.status == "grader_error" for c in task.checks) else task.points
        for task in result.tasks
    }
    missing = 0.0 if result.status == "ungradable" else None
    return _Row(
        clean(", ".join(student.name for student in entry.students), 300),
        clean(", ".join(student.id for student in entry.students if student.id), 300),
        page,
        (None if is_open else result.points, *(points.get(task, missing) for task in tasks)),
        result.status.replace("_", " "),
        clean("; ".join(flags(entry)), 1000),
    )
