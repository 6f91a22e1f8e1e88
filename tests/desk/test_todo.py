"""Who waits for a person, why, and in which order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grader.desk.course_state import CourseState
from grader.desk.todo import to_do
from grader.report.course import Appeal, Override
from grader.report.result import TaskResult, Training
from tests.made_course import Made, make_course
from tests.made_results import broken_grader, entry, graded


def waits(
    folder: Path, *students: Made, boundaries: tuple[float, ...] = ()
) -> dict[str, list[str]]:
    make_course(folder, students)
    state = CourseState(folder, boundaries=boundaries).now()
    return {it.entry.students[0].name: [r.words for r in it.reasons] for it in state.waiting}


def test_each_reason_in_its_order(tmp_path: Path) -> None:
    told = waits(
        tmp_path,
        Made("fine"),
        Made("below", {"kl.total": "x", "kl.gradient": "y"}, "kl.log_variance"),
        Made("alone", {"kl.total": "x"}, "kl.log_variance"),
        Made("unknown", {"kl.total": "x", "elbo.exact": "y"}),
        Made("contradicts", run="failed"),
        Made("rule", broken=("no_distributions",)),
        Made("nothing", reason="There is no class VAE."),
        boundaries=(56.5,),
    )
    assert list(told) == ["nothing", "rule", "contradicts", "below", "unknown", "alone"]
    assert told["nothing"] == ["nothing could be graded"]
    assert told["rule"] == ["rule broken: About no_distributions."]
    assert told["contradicts"] == ["all checks are passed, but the notebook does not run through"]
    assert told["alone"] == ["lost alone: What kl.total looks at"]
    assert "0.5 below the boundary of 56.5 points" in told["below"]
    assert told["unknown"][0] == "no cause is named: What kl.total looks at"


def test_what_everybody_does_is_no_reason(tmp_path: Path) -> None:
    free = "no_edits_outside_blocks"
    students = [Made(f"s{n}", broken=(free,)) for n in range(4)]
    make_course(tmp_path, students)
    entries = CourseState(tmp_path).now().decided.entries
    advised = []
    for one in entries:
        rules = [replace(rule, consequence="It costs no points.") for rule in one.result.rules]
        advised.append(replace(one, result=replace(one.result, rules=tuple(rules))))
    graded_ones = {one.name: one for one in advised}
    assert to_do(graded_ones, advised) == ()
    assert len(to_do(graded_ones, advised[:2])) == 2


def test_an_open_appeal_stays_though_all_else_is_settled() -> None:
    appeal = Appeal("kl", "open", "Why?")
    one = replace(entry(graded()), appeals=(appeal,), seen=True)
    (waiting,) = to_do({one.name: one}, [one])
    assert [reason.words for reason in waiting.reasons] == ["appeal about kl"]
    ended = replace(one, appeals=(replace(appeal, status="declined"),))
    assert to_do({one.name: one}, [ended]) == ()


def test_points_for_a_group_settle_what_they_are_about_alone() -> None:
    one = entry(graded())
    words = [reason.words for reason in to_do({one.name: one}, [one])[0].reasons]
    assert "lost alone: Title of kl.per_sample" in words
    for_all = Override("kl", 3.0, "x", 2.5, whom="everyone")
    decided = replace(one, overrides=(for_all,))
    left = to_do({one.name: one}, [decided])
    assert all("kl.per_sample" not in r.words for it in left for r in it.reasons)
    for_one = replace(one, overrides=(replace(for_all, target="elbo", whom=""),))
    assert to_do({one.name: one}, [for_one]) == ()


def test_points_that_are_open_lie_below_no_boundary() -> None:
    one, essay = entry(graded()), TaskResult("essay", "Essay", 0.0, 5.0, (), undecided=True)
    waits_too = replace(one.result, tasks=(*one.result.tasks, essay), max_points=12.5)
    for result, is_said in ((one.result, True), (waits_too, False)):
        (waiting,) = to_do({one.name: one}, [replace(one, result=result)], (5.0,))
        assert any("below the boundary" in it.words for it in waiting.reasons) == is_said


def test_an_error_of_the_grader_comes_first() -> None:
    one = entry(broken_grader())
    assert to_do({one.name: one}, [one])[0].reasons[0].words == "the grader failed on it"


def test_training_that_contradicts_the_checks() -> None:
    right = graded()
    full = replace(right, points=right.max_points, training=Training("completed", fell=False))
    half = replace(right, points=1.0, training=Training("completed", fell=True))
    for result, words in ((full, "the loss does not fall"), (half, "trains as a right one does")):
        one = entry(result)
        assert any(words in r.words for r in to_do({one.name: one}, [one])[0].reasons)
