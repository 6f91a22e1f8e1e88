"""The figures of a course: who counts in them, what is lost most, what is misunderstood."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.report.cohort import Figures, Misunderstood, Names, summary_of
from grader.report.course import Lateness
from grader.report.result import TaskResult
from tests.made_results import course, entry, failed, graded, task, ungradable

TITLES = {"x.one": "the sum is a mean"}


def test_figures_leave_out_what_is_open_or_ungradable() -> None:
    figures = summary_of(course(), {})
    assert (figures.count, [*figures.points], figures.mean) == (4, [4.5, 4.5], 4.5)
    assert [names.first for _, names in figures.not_graded] == [("Bob_13",), ("Cy_14",)]
    by_title = {loss.title: loss for loss in figures.losses}
    assert (by_title["KL"].lost, by_title["KL"].students) == (1.0, 2)
    assert by_title["Title of kl.total"].lost == 0.0


def test_figures_are_of_the_points_that_count() -> None:
    on_time, late = entry(graded()), entry(graded(), "Bo", "13")
    figures = summary_of([on_time, replace(late, lateness=Lateness(2.0, "Late."))], {})
    assert [*figures.points] == [4.5, 2.5]
    assert sum(count for _, count, _ in figures.distribution[:4]) == 1


def test_what_a_person_has_yet_to_grade_is_in_no_figure() -> None:
    essay = TaskResult("essay", "Essay", 0.0, 5.0, (), undecided=True)
    result = replace(graded(), tasks=(*graded().tasks, essay), max_points=12.5)
    written = replace(essay, points=4.0, undecided=False)
    done = replace(result, points=8.5, tasks=(*graded().tasks, written))
    figures = summary_of([entry(result), entry(done, "Bo", "13")], {})
    assert ([*figures.points], figures.by_hand) == ([8.5], Names(("Ada_L_12",), 1))
    by_title = {loss.title: loss for loss in figures.losses}
    assert (by_title["Essay"].lost, by_title["Essay"].students) == (1.0, 1)
    assert by_title["KL"].students == 2
    alone = summary_of([entry(result)], {})
    assert ([*alone.points], alone.distribution) == ([], ())
    assert [loss.title for loss in alone.losses if loss.is_task] == ["KL", "ELBO"]


def test_misconceptions_are_ranked_and_count_once_a_student() -> None:
    def with_misconceptions(*ids: str) -> tuple[object, ...]:
        checks = [replace(failed(f"kl.c{n}", 1.0), misconception=id) for n, id in enumerate(ids)]
        return (task("kl", *checks),)

    results = [
        replace(graded(), tasks=with_misconceptions("x.one+x.two", "x.one")),
        replace(graded(), tasks=with_misconceptions("x.one")),
    ]
    ada, bo = (entry(result, name) for result, name in zip(results, ("Ada", "Bo"), strict=True))
    assert summary_of([ada, bo], TITLES).misconceptions == (
        Misunderstood("the sum is a mean", "KL", Names((ada.name, bo.name), 2)),
        Misunderstood("x.two", "KL", Names((ada.name,), 1)),
    )


@pytest.mark.parametrize(("points", "bar"), [(0.0, 0), (7.4, 9), (7.5, 9), (0.75, 1)])
def test_each_submission_is_in_one_bar(points: float, bar: int) -> None:
    bars = summary_of([entry(replace(graded(), points=points))], {}).distribution
    assert [count for _, count, _ in bars] == [int(place == bar) for place in range(10)]
    assert bars[bar][2] == 1.0
    assert bars[0][0] == "0 to 0.75"


def test_where_nobody_is_graded_there_are_no_figures() -> None:
    for entries in ((), [entry(ungradable())]):
        summary = summary_of(entries, {})
        assert (summary.mean, summary.median, [*summary.points]) == (0.0, 0.0, [])
        assert (summary.distribution, summary.losses) == ((), ())


def test_the_costliest_check_of_a_task_is_first() -> None:
    checks = (failed("kl.a", 1.0), failed("kl.b", 3.0), failed("kl.c", 2.0))
    losses = summary_of([entry(replace(graded(), tasks=(task("kl", *checks),)))], {}).losses
    assert [loss.lost for loss in losses] == [6.0, 3.0, 2.0, 1.0]
    assert [loss.is_task for loss in losses] == [True, False, False, False]


def test_of_many_few_are_named() -> None:
    check = replace(failed("kl.total", 1.0), misconception="x.one")
    result = replace(graded(), tasks=(task("kl", check),))
    figures = Figures(most_named=2)
    for number in range(3):
        figures.add(entry(result, "Ada", str(number)))
        figures.add(entry(ungradable(), "Bo", str(number)))
    summary = figures.summary(TITLES)
    (found,), ((_, left),) = summary.misconceptions, summary.not_graded
    assert found.entries == Names(("Ada_0", "Ada_1"), 3)
    assert left == Names(("Bo_0", "Bo_1"), 3)
    assert left.more == 1
