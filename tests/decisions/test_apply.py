"""Whose decision has the last word, and for whom each holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from grader.decisions.apply import Decided, apply_decisions
from grader.decisions.read import parse_decisions
from grader.desk.course_state import CourseState
from grader.examiner.late_policy import LatePolicy
from grader.examiner.rubric import ManualTask, Rubric
from grader.lazily import Lazily
from grader.report.cohort import summary_of
from grader.report.gradebook import flags, known_points
from grader.report.index import to_index
from grader.report.page import to_page
from grader.report.task_state import state
from grader.report.words import arrival_words, override_words, points_words
from tests.made_course import DOZEN, VARIANCE, assignment_rubric, make_course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> CourseState:
    return CourseState(make_course(tmp_path_factory.mktemp("course")))


def laid_over(course: CourseState, text: str, rubric: Rubric | None = None) -> Decided:
    rubric = rubric or assignment_rubric()
    decisions = parse_decisions("overrides.yaml", text, rubric)
    return apply_decisions(tuple(course.now().graded.values()), decisions, rubric)


def points(decided: Decided) -> dict[str, float]:
    return {entry.students[0].name[:3].strip(): entry.result.points for entry in decided.entries}


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("everyone", [made.name[:3].strip() for made in DOZEN]),
        ("{misconception: kl.log_variance}", ["Bo", "Cy", "Di", "Lou"]),
        ("{check: elbo.exact, status: failed}", ["Cy", "Di"]),
        ("{check: elbo.exact, status: passed, misconception: kl.log_variance}", ["Bo", "Lou"]),
        (f'{{check: kl.total, says: "{VARIANCE}"}}', ["Bo", "Cy", "Di", "Lou"]),
        ("{rule: no_distributions}", ["Gus"]),
        ("{rule: no_distributions, check: kl.total, status: failed}", []),
    ],
)
def test_for_whom_a_decision_holds(course: CourseState, where: str, names: list[str]) -> None:
    decided = laid_over(course, f"- {{where: {where}, comment: Well.}}")
    told = [e.students[0].name[:3].strip() for e in decided.entries if e.comments]
    assert told == names
    assert decided.unapplied == ()
    assert [n for n in decided.notices if "fits nobody now" in n] == (
        [] if names else list(decided.notices)
    )


EVERYONE = "- {where: everyone, target: kl, points: 1, reason: all}\n"
GROUP = "- {where: {misconception: kl.log_variance}, target: kl, points: 2, reason: group}\n"
STUDENT = "- {student: s002, target: kl, points: 3, reason: one}\n"


@pytest.mark.parametrize(
    "text", [EVERYONE + GROUP + STUDENT, STUDENT + GROUP + EVERYONE, GROUP + STUDENT + EVERYONE]
)
def test_the_more_special_has_the_last_word_in_any_order(course: CourseState, text: str) -> None:
    told = points(laid_over(course, text))
    assert (told["Bo"], told["Cy"], told["Ada"]) == (58, 54, 56)


def test_of_two_alike_the_later_and_the_whole(course: CourseState) -> None:
    later = STUDENT + STUDENT.replace("3", "4")
    assert points(laid_over(course, later))["Bo"] == 59
    assert points(laid_over(course, GROUP + GROUP.replace("2", "5")))["Bo"] == 60
    whole = STUDENT + "- {student: s002, target: kl.total, points: 3, reason: part}\n"
    assert points(laid_over(course, whole))["Bo"] == 58


def test_comments_of_all_ranks_are_kept(course: CourseState) -> None:
    text = (
        "- {student: s002, target: kl, comment: for one}\n"
        "- {where: everyone, comment: for all}\n"
        "- {where: {misconception: kl.log_variance}, target: kl, comment: for these}\n"
    )
    entry = laid_over(course, text).entries[1]
    assert [comment.text for comment in entry.comments] == ["for all", "for these", "for one"]
    assert entry.result.points == 57


def test_the_last_word_on_an_appeal(course: CourseState) -> None:
    text = (
        "- {student: s002, target: kl, status: open, appeal: Why?}\n"
        "- {student: s002, target: elbo, status: open, appeal: And why?}\n"
        "- {student: s002, target: kl, status: accepted, points: 5, reason: It is right.}\n"
    )
    entry = laid_over(course, text).entries[1]
    assert {a.target: a.status for a in entry.appeals} == {"elbo": "open", "kl": "accepted"}
    assert entry.result.points == 60


def test_seen_and_due(course: CourseState) -> None:
    text = (
        "- {student: s002, seen: true}\n"
        "- {student: s002, due: 2026-12-02 12:00}\n"
        "- {where: everyone, due: 2026-12-01 12:00}\n"
    )
    first, second = laid_over(course, text).entries[:2]
    assert (first.seen, second.seen) == (False, True)
    assert first.due is not None
    assert second.due is not None
    assert (first.due.day, second.due.day) == (1, 2)


def test_a_task_of_a_person_is_open_until_it_is_decided(course: CourseState) -> None:
    rubric = replace(assignment_rubric(), manual=(ManualTask("essay", "Essay", 6.0),))
    decided = laid_over(course, "- {student: s001, target: essay, points: 4, reason: x}", rubric)
    first, second = decided.entries[:2]
    assert (first.result.points, first.result.max_points) == (64, 66)
    assert not first.result.waits_for_person
    assert second.result.waits_for_person
    assert second.result.points == 57
    assert override_words(first.overrides[0], first.result) == "Essay: 4 points. Reason: x"
    twice = "- {student: s001, target: essay, points: 4, reason: x}\n"
    again = laid_over(course, twice.replace("4", "3") + twice, rubric).entries[0]
    assert override_words(again.overrides[1], again.result).startswith(
        "Essay: 4 points instead of 3."
    )


def test_a_total_says_nothing_of_a_task_that_a_person_has_not_graded(course: CourseState) -> None:
    rubric = replace(assignment_rubric(), manual=(ManualTask("essay", "Essay", 6.0),))
    total = "- {student: s001, target: total, points: 50, reason: x}\n"
    result = laid_over(course, total, rubric).entries[0].result
    assert (result.points, result.has_open_points) == (50, False)
    essay = result.tasks[-1]
    assert points_words(essay) == "part of the total, of 6"
    assert state(essay) == "done"
    assert known_points(result, ["total", "encoder", "essay"])[1:] == (None, 10, None)
    titles = [
        loss.title for loss in summary_of([laid_over(course, total, rubric).entries[0]], {}).losses
    ]
    assert "Essay" not in titles
    own = laid_over(
        course, f"{total}- {{student: s001, target: essay, points: 0, reason: x}}", rubric
    )
    assert points_words(own.entries[0].result.tasks[-1]) == "0 of 6"


def test_a_group_reaches_who_has_nothing_to_set_in_silence(course: CourseState) -> None:
    decided = laid_over(course, EVERYONE)
    assert decided.unapplied == ()
    assert points(decided)["Flo"] == 0
    alone = laid_over(course, "- {student: s006, target: kl, points: 1, reason: x}")
    assert len(alone.unapplied) == 1


def test_a_student_who_is_not_there_or_there_twice(course: CourseState, tmp_path: Path) -> None:
    assert (
        "there is no such student" in laid_over(course, STUDENT.replace("s002", "x")).unapplied[0]
    )
    late = "- {student: x, submitted: 2026-11-01 12:00}\n- {student: x, seen: true}\n"
    told = laid_over(course, late).unapplied
    assert [it.split(")")[0] for it in told] == [
        "Override 1 (line 1: x, submitted",
        "Override 2 (line 2: x, seen",
    ]
    (misspelt,) = laid_over(course, STUDENT.replace("s002", "flo")).unapplied
    assert misspelt.endswith("is not applied: there is no such student; Flo may be meant.")
    twice = CourseState(make_course(tmp_path, [DOZEN[0], DOZEN[0]]))
    text = "- {student: Ada, target: kl, points: 1, reason: x}"
    decided = laid_over(twice, text)
    assert decided.unapplied[0].endswith(
        "is not applied: several are called so: s001 is of Ada (1001), s002 is of Ada (1002). Name "
        "one in this way."
    )
    assert [*decided.misfits] == [1]
    for named in ("Ada (1002)", "s002", "1002"):  # as notes and pages call them
        copied = laid_over(twice, text.replace("Ada", named))
        assert not copied.unapplied
        assert [bool(entry.overrides) for entry in copied.entries] == [False, True]


def test_names_are_read_no_more_often_for_many_whom_nobody_knows(course: CourseState) -> None:
    entries = tuple(course.now().graded.values())
    read = []
    names = Lazily(len(entries), lambda at: read.append(at) or entries[at].names)
    text = "".join(f"- {{student: zz{n}, target: kl, points: 1, reason: x}}\n" for n in range(9))
    decisions = parse_decisions("overrides.yaml", text, assignment_rubric())
    decided = apply_decisions(entries, decisions, assignment_rubric(), names)
    assert len(decided.unapplied) == 9
    assert len(read) == 2 * len(entries)


def test_a_part_that_is_set_over_a_whole_lifts_nothing_above_the_most(course: CourseState) -> None:
    own = "- {student: s002, target: kl.total, points: 3, reason: oral}\n"
    task = "- {where: everyone, target: kl, points: 5, reason: lecture}\n"
    total = "- {where: everyone, target: total, points: 60, reason: gift}\n"
    for wholes in (task, total, task + total):
        for entry in laid_over(course, wholes + own).entries:
            assert entry.result.points <= entry.result.max_points
            assert all(task.points <= task.max_points for task in entry.result.tasks)


def test_of_two_times_the_later_in_the_file_counts_which_is_said(course: CourseState) -> None:
    text = "- {student: s001, submitted: 2026-11-01 12:00}\n"
    rubric = replace(assignment_rubric(), late=LATE)
    for other, count in ((text, 0), (text.replace("12:", "13:"), 1)):
        told = laid_over(course, text + other, rubric).notices
        replaced = [it for it in told if it.endswith("s001, submitted) replaces an earlier one.")]
        assert len(replaced) == count


def test_a_deadline_that_costs_nobody_anything_is_said(course: CourseState) -> None:
    text = "- {where: everyone, due: 2026-11-01 12:00}\n"
    (told,) = laid_over(course, text).notices
    assert told.endswith("moves a deadline, but the rubric has no 'late:'.")


LATE = LatePolicy(
    datetime(2026, 11, 19, 12, tzinfo=timezone.utc),
    *(timedelta(0), timedelta(days=1), None, 4.0, None),
)


def test_a_person_may_say_when_it_came(course: CourseState) -> None:
    rubric = replace(assignment_rubric(), late=LATE)
    text = (
        "- {student: s001, submitted: 2026-11-19 11:00 UTC, reason: by mail, by: Ada TA}\n"
        "- {student: s002, submitted: 2026-11-25 11:00 UTC}\n"
        "- {student: s002, submitted: 2026-11-21 11:00 UTC}\n"
    )
    first, second, third = laid_over(course, text, rubric).entries[:3]
    assert first.lateness is None
    assert first.arrival is not None
    assert arrival_words(first.arrival) == (
        "Handed in 2026-11-19 11:00 UTC, as set by hand by Ada TA, in place of the platform's "
        "2026-11-20 12:00 UTC. Reason: by mail"
    )
    assert flags(first)[0] == "set by hand: handed in 2026-11-19 11:00 UTC (by mail), by Ada TA"
    assert "as set by hand by Ada TA" in to_page(first.result, "VAE", entry=first)
    assert second.arrival is not None
    assert second.arrival.told == third.submitted
    assert second.lateness is not None
    assert third.lateness is not None
    assert (second.lateness.points, third.lateness.points) == (8, 4)


def test_whose_time_is_not_known_is_said_in_a_line(course: CourseState) -> None:
    entries = [replace(it, submitted=None, late=True) for it in course.now().graded.values()]
    rubric = replace(assignment_rubric(), late=LATE)
    (told,) = apply_decisions(entries, (), rubric).notices
    assert told.startswith(
        "When 12 of 12 handed in isn't known, so nothing is taken off for being late: Ada (1001), "
    )
    assert told.endswith("Ed (1005) and 7 more. The platform marks 12 of them as late.")
    came = [replace(it, submitted=LATE.due, late=False) for it in entries[1:]]
    decided = apply_decisions([replace(entries[0], late=False), *came], (), rubric)
    assert decided.notices == (
        "When 1 of 12 handed in isn't known, so nothing is taken off for being late: Ada (1001).",
    )
    page = to_index(decided.entries, {}, "VAE", {})
    assert "When 1 handed in isn&#39;t known" in page or "When 1 handed in isn't known" in page
    text = "- {student: s001, submitted: 2026-11-19 11:00}"
    decided = apply_decisions([entries[0]], parse_decisions("overrides.yaml", text, rubric), rubric)
    assert decided.notices == ()
    undated = replace(rubric, late=replace(LATE, due=None))
    assert apply_decisions(entries, (), undated).notices == ()
    assert "handed in isn" not in to_index(came, {}, "VAE", {})


def test_a_time_that_costs_nothing_is_said(course: CourseState) -> None:
    (told,) = laid_over(course, "- {student: s001, submitted: 2026-11-19 11:00}\n").notices
    assert told.endswith("says when it was handed in, but the rubric has no 'late:'.")


def test_points_are_replaced_by_the_same_without_a_word(course: CourseState) -> None:
    own = "- {student: s002, target: kl.total, points: 3, reason: oral}\n"
    assert laid_over(course, own + own).notices == ()
