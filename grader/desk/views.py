"""The pages of the desk, as functions from a course at one moment to HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from grader.composition import ASSIGNMENT
from grader.course.explain import explanations
from grader.decisions.decision import Decision
from grader.desk.course_state import Snapshot, misconception_titles
from grader.desk.earlier import earlier_results
from grader.desk.groups import Group
from grader.desk.notebook_view import cells_of
from grader.report.cohort import summary_of
from grader.report.course import TOTAL, Entry
from grader.report.gradebook import flags, known_points
from grader.report.page import numbered_lines
from grader.report.rendering import environment_of
from grader.report.words import capital, cause_of, moment_words, number

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Visit:
    """What every page shows beside its own: the course at this moment, and what was just said.

    Attributes:
        said: a sentence about what was done; "" for none.
        problem: a sentence about what could not be done; "" for none.
        by: who decides here.
        address: that of the page, to come back to.
    """

    course: Snapshot
    said: str = ""
    problem: str = ""
    by: str = ""
    address: str = "/"


def to_do_page(visit: Visit) -> str:
    """Return the submissions that a person should look at."""
    return _render("todo.html", visit, waiting=visit.course.waiting, called=_called)


def student_page(visit: Visit, name: str) -> str:
    """Return a submission: its methods beside its checks, and the forms to decide.

    Raises:
        KeyError: there is no such submission.
    """
    entry, graded = visit.course.entries[name], visit.course.graded[name]
    code = visit.course.code(name)
    executed = visit.course.executed(name)
    before, after = _neighbours(visit, name)
    reasons = next((it.reasons for it in visit.course.waiting if it.entry.name == name), ())
    return _render(
        "student.html",
        visit,
        entry=entry,
        graded=graded,
        found={part.id: part for part in graded.result.tasks_and_checks},
        code={task.id: numbered_lines(task, code.methods) for task in entry.result.tasks},
        explained={it.check.id: it for it in explanations(graded, entry, code.text)},
        reasons=reasons,
        flags=flags(entry),
        cells=cells_of(executed) if executed else (),
        earlier=earlier_results(visit.course.contents, name, graded.result),
        decided=_decisions_about(visit.course, entry),
        before=before,
        after=after,
        shared=_shared(visit.course, name),
        total=TOTAL,
    )


def groups_page(visit: Visit) -> str:
    """Return the groups of students who share something."""
    return _render("groups.html", visit, groups=visit.course.groups)


def group_page(visit: Visit, conditions: Mapping[str, str]) -> str:
    """Return one group, and the form to decide for all of it.

    Raises:
        KeyError: there is no such group.
    """
    group = next((it for it in visit.course.groups if it.conditions == conditions), None)
    if group is None:
        raise KeyError(str(conditions))
    entries = [visit.course.entries[name] for name in group.names]
    about = [decision for decision in visit.course.decisions if decision.where == group.where]
    parts = {part.id: part for part in entries[0].result.tasks_and_checks}
    return _render(
        "group.html",
        visit,
        group=group,
        entries=entries,
        decided=about,
        parts=parts,
        called=_called,
    )


def course_page(visit: Visit, query: str) -> str:
    """Return the course as a table, cut to the rows in which every word of a query stands."""
    entries = visit.course.decided.entries
    everyone = summary_of(entries, misconception_titles())
    tasks = [id for id, _ in everyone.tasks]
    rows = [row for row in (_row(entry, tasks) for entry in entries) if _fits(row, query)]
    summary = summary_of([row.entry for row in rows], misconception_titles())
    return _render(
        "course.html",
        visit,
        rows=rows,
        query=query,
        summary=summary,
        tasks=tasks,
        count=len(entries),
        is_any_late=any(entry.lateness for entry in entries),
    )


def appeals_page(visit: Visit) -> str:
    """Return the appeals, the open ones first."""
    appeals = [
        (entry, appeal) for entry in visit.course.decided.entries for appeal in entry.appeals
    ]
    ordered = sorted(appeals, key=lambda pair: pair[1].status != "open")
    found = {entry.name: {p.id: p for p in entry.result.tasks_and_checks} for entry, _ in appeals}
    return _render("appeals.html", visit, appeals=ordered, found=found, called=_called)


def decisions_page(visit: Visit) -> str:
    """Return everything that was decided, the latest first, each to be taken back."""
    return _render("decisions.html", visit, decided=visit.course.decisions[::-1])


@dataclass(frozen=True)
class Row:
    """A submission as a row of the course's table."""

    entry: Entry
    tasks: tuple[float | None, ...]
    flags: tuple[str, ...]
    misconceptions: tuple[str, ...]

    @property
    def named_points(self) -> Iterator[tuple[str, float | None]]:
        """The points of everything that has some, by its name; None where they are open.

        Those of all together are the ones that count.
        """
        result = self.entry.result
        parts = [part.id for part in result.tasks_and_checks]
        _, *of_parts = known_points(result, parts)
        return zip(("points", *parts), (self.entry.counting_points, *of_parts), strict=True)


def _row(entry: Entry, tasks: Sequence[str]) -> Row:
    result = entry.result
    titles = misconception_titles()
    told: dict[str, None] = {}
    for check in result.checks:
        general = [titles.get(id, id) for id in check.misconceptions]
        told |= dict.fromkeys([cause_of(check)] if general and cause_of(check) else general)
    _, *of_tasks = known_points(result, tasks)
    return Row(entry, tuple(of_tasks), flags(entry), tuple(told))


def _fits(row: Row, query: str) -> bool:
    entry = row.entry
    shown = (
        *(part for s in entry.students for part in (s.name, s.id, s.email)),
        *(entry.name, entry.result.status, *row.flags, *row.misconceptions),
        *(f"{name}={number(points)}" for name, points in row.named_points if points is not None),
    )
    text = "\n".join(shown).casefold()
    return all(word in text for word in query.casefold().split())


def _shared(course: Snapshot, name: str) -> Mapping[str, list[Group]]:
    """Return the groups that a student is in, by the checks that they are about."""
    shared: dict[str, list[Group]] = {}
    for group in course.groups:
        if name in group.names:
            for check in course.graded[name].result.checks:
                if group.where.misconception in check.misconceptions or (
                    group.kind == "check" and group.where.check == check.id
                ):
                    shared.setdefault(check.id, []).append(group)
    return shared


def _neighbours(visit: Visit, name: str) -> tuple[str, str]:
    """Return the names before and after one: among those that wait if it does, else among all."""
    waiting = [it.entry.name for it in visit.course.waiting]
    if visit.said and waiting and name not in waiting:
        return "", waiting[0]  # it has just left the list: on to who is left
    names = waiting if name in waiting else list(visit.course.entries)
    at = names.index(name)
    return (names[at - 1] if at else ""), (names[at + 1] if at + 1 < len(names) else "")


def _decisions_about(course: Snapshot, entry: Entry) -> list[Decision]:
    graded = course.graded[entry.name]
    return [
        it
        for it in course.decisions
        if it.number not in course.decided.misfits
        and (it.where.fits(graded.result) if it.where else entry.is_called(it.student))
    ]


def _called(entry: Entry) -> str:
    return entry.called


def _render(template: str, visit: Visit, **values: Any) -> str:
    common = {"visit": visit, "course": visit.course, "title": ASSIGNMENT.title, "here": ""}
    page: str = _environment().get_template(template).render({**common, **values})
    return page


@cache
def _environment() -> Environment:
    """Return the desk's templates."""
    environment = environment_of(_TEMPLATES)
    environment.filters["capital"] = capital
    environment.filters["moment"] = moment_words
    environment.filters["as_json"] = lambda entry: json.dumps(entry, ensure_ascii=False)
    return environment
