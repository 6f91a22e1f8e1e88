"""Words that writers share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.kit.check import Lost
from grader.kit.misconception import explained
from grader.report.course import Override
from grader.report.result import RepeatedMisconception, RuleResult, TaskResult
from grader.report.words import (
    capital,
    cause_of,
    cell_words,
    check_words,
    grouped,
    number,
    override_words,
    place_words,
    points_words,
    repeated_words,
    rule_place,
    short_place_words,
    status_words,
    total_words,
)
from grader.vae.kl.misconceptions import CATALOGUE
from tests.made_results import failed, graded, passed


@pytest.mark.parametrize(
    ("points", "text"), [(7.0, "7"), (2.5, "2.5"), (1 / 3, "0.33"), (0.001, "0"), (60, "60")]
)
def test_points_are_as_a_person_writes_them(points: float, text: str) -> None:
    assert number(points) == text


def test_a_place_is_named_where_there_is_one() -> None:
    place = {"cell": 3, "line": 4}
    assert place_words(place, {}) == "cell 3, line 4"
    assert place_words(place, {"3": "cell [2]"}, " ({})") == " (cell [2], line 4)"
    assert place_words(None, {}, " ({})") == ""
    rule = RuleResult("r", "broken", "It was used.", "", (place, {"cell": 5, "line": 1}))
    assert rule_place(rule, {}) == " (cell 3, line 4)"
    assert rule_place(replace(rule, locations=()), {}) == ""


def test_a_column_has_room_for_the_beginning_of_a_cell_alone() -> None:
    place, started = {"cell": 3, "line": 4}, {"3": "the cell that starts with `class VAE`"}
    assert short_place_words(place, started) == "`class VAE`, line 4"
    assert short_place_words(place, {"3": "cell [2]"}) == "cell [2], line 4"
    assert capital(cell_words(3, started)) == "The cell that starts with `class VAE`"
    assert capital(cell_words(4, started)) == "Cell 4"


def test_a_status_begins_a_line() -> None:
    assert status_words("not_reached") == "Not reached"
    assert status_words("to correct") == "To correct"


def test_a_check_says_its_message_and_its_hint() -> None:
    lost, right = failed("kl.total", 1.0), passed("kl.total", 1.0)
    assert check_words(lost) == "It was 2, not 1.\nHint: Think again."
    assert check_words(replace(lost, message="", hint="")) == "Title of kl.total"
    assert check_words(right) == "Passed."
    assert check_words(replace(right, message="Set by hand.", hint="no")) == "Set by hand."


def test_groups_keep_their_order() -> None:
    first, second, third = failed("a", 1.0, "x"), failed("b", 1.0, "y"), failed("c", 1.0, "x")
    assert grouped((first, second, third), "message") == [[first, third], [second]]


def test_an_override_says_who_decided_if_that_is_known() -> None:
    override = Override("kl", 3.0, "spoken about it", 2.0)
    words = override_words(override, graded())
    assert words == "KL: 3 points instead of 2. Reason: spoken about it"
    assert "instead of 2, by Bo. Reason" in override_words(replace(override, by="Bo"), graded())


def test_a_student_does_not_read_what_a_group_is_told_by() -> None:
    override = Override("kl", 1.0, "x", 2.0, whom="everyone with the misconception kl.log_variance")
    words = override_words(override, graded())
    assert "KL: 1 point instead of 2, for everyone in the same case." in words
    assert ", for everyone." in override_words(replace(override, whom="everyone"), graded())


def test_a_total_says_whether_more_may_come() -> None:
    assert total_words(graded()) == "4.5 of 7.5 points"
    essay = TaskResult("essay", "Essay", 0.0, 5.0, (), undecided=True)
    waits = replace(graded(), tasks=(*graded().tasks, essay), max_points=12.5)
    assert total_words(waits) == "4.5 of 12.5 points so far"
    assert total_words(replace(graded(), points=1.0, max_points=1.0)) == "1 of 1 point"


def test_what_shows_in_several_tasks_is_told_with_all_of_them() -> None:
    repeated = RepeatedMisconception(("a.x", "b.x", "c.x"), "the sum is a mean", ("KL", "A", "B"))
    assert repeated_words(repeated) == "The same in KL, A and B: the sum is a mean."


def test_the_cause_that_a_message_names() -> None:
    lost = explained(Lost("It is 2."), CATALOGUE, ("log_variance",))
    cause = cause_of(failed("kl.total", 3.0, str(lost.message)))
    assert cause == "log sigma is read as the logarithm of the variance"
    assert cause_of(failed("kl.total", 3.0, "It is 2.")) == ""


def test_points_that_a_person_has_to_give_are_no_zeros() -> None:
    essay = TaskResult("essay", "Essay", 0.0, 5.0, (), undecided=True)
    assert points_words(essay) == "not decided yet, of 5"
    assert points_words(replace(essay, undecided=False)) == "0 of 5"
