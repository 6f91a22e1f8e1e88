"""What students are told, at each level, on pages and in comments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.kept_code import KeptCode
from grader.course.options import CourseOptions
from grader.course.pages import page_path
from grader.course.publish import publish
from grader.course.store_kind import contents_of
from grader.report.course import Comment, Entry, Lateness
from grader.report.feedback import ALL, LEVELS, POINTS, Level, told_result
from grader.report.page import level_of, to_page
from grader.report.plain import to_plain
from grader.report.result import RuleResult, Run, Training
from tests.made_course import keep_code
from tests.made_plots import executed, png
from tests.made_results import METHODS, TITLE, entry, graded, ungradable, with_example

COSTLY = RuleResult(
    "loss_falls", "broken", "It does not fall.", "It costs 1 point.", ({"cell": 3, "line": 1},)
)
RESULT = replace(
    with_example(graded("It was 2, not 1. That is the sign.")),
    rules=(*graded().rules, COSTLY),
    run=Run("failed", cell=3, error="NameError: no x"),
    training=Training("completed", "cpu", 2, 500.0, 200.0, (500.0, 200.0), True, True),
    advice=("Name your axes.",),
)
RESULT = replace(
    RESULT, tasks=tuple(replace(it, location={"cell": 4, "line": 8}) for it in RESULT.tasks)
)
SOURCES = {name: f"def {name}(self): ..." for name in METHODS.values()}

OF_MESSAGES = ("It was 2, not 1. That is the sign.", "Name your axes.", "NameError", "def elbo(")
OF_HINTS = ("Think again.", "Try it below your class", "hints point")
ALWAYS = ("Title of kl.per_sample", "It costs 1 point.", "2.5 of 3.5", "4.5 of 7.5")


def page(level: Level) -> str:
    told = replace(entry(RESULT), feedback=level, comments=(Comment("kl", "See me."),))
    return to_page(RESULT, TITLE, SOURCES, executed(png()), told)


@pytest.mark.parametrize("level", LEVELS)
def test_a_page_shows_what_is_asked_for(level: Level) -> None:
    html = page(level)
    assert [it for it in (*ALWAYS, "See me.") if it not in html] == []
    assert {it in html for it in OF_MESSAGES} == {level != POINTS}
    assert ("data:image/png" in html) == (level != POINTS)
    assert {it in html for it in OF_HINTS} == {level == ALL}
    assert level_of(html.encode()[:4096]) == level
    assert "Next:" not in html or level != POINTS


@pytest.mark.parametrize("level", LEVELS)
def test_so_does_a_comment(level: Level) -> None:
    text = to_plain(RESULT, replace(entry(RESULT), feedback=level))
    assert ("It was 2, not 1." in text) == (level != POINTS)
    assert ("NameError" in text) == (level != POINTS)
    assert ("Hint:" in text) == (level == ALL)
    assert "KL: 2.5 of 3.5" in text
    assert "It costs 1 point." in text


def test_a_comment_of_points_names_the_checks() -> None:
    lines = to_plain(RESULT, replace(entry(RESULT), feedback=POINTS)).splitlines()
    assert lines[:5] == [
        "4.5 of 7.5 points.",
        "",
        "KL: 2.5 of 3.5",
        "- Title of kl.per_sample: 0 of 1",
        "",
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_points_are_the_same_at_each_level(level: Level) -> None:
    told = told_result(RESULT, level)
    assert (told.points, told.max_points) == (RESULT.points, RESULT.max_points)
    assert [it.points for it in told.tasks_and_checks] == [
        it.points for it in RESULT.tasks_and_checks
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_why_nothing_is_graded_is_always_said(level: Level) -> None:
    nothing = replace(entry(ungradable()), feedback=level)
    assert "There is no class VAE." in to_page(nothing.result, TITLE, entry=nothing)
    assert "There is no class VAE." in to_plain(nothing.result, nothing)


def test_what_lateness_costs_is_always_said() -> None:
    late = replace(entry(RESULT), feedback=POINTS, lateness=Lateness(1.0, "A day late."))
    assert "3.5 of 7.5 points count." in to_page(RESULT, TITLE, entry=late)


def levels(out: Path, found: Entry, level: Level) -> tuple[Level, int]:
    """Publish at a level; return what the page says of itself, and when it was written."""
    publish(contents_of(out), "course", [found], CourseOptions(feedback=level))
    path = out / page_path(found.name)
    return level_of(path.read_bytes()), path.stat().st_mtime_ns


def test_pages_follow_the_level_and_are_not_written_twice(tmp_path: Path) -> None:
    found = entry(RESULT)
    keep_code(tmp_path, found.name, KeptCode("", SOURCES))
    sequence: tuple[Level, ...] = (ALL, POINTS, "messages", ALL)
    for level in sequence:
        first = levels(tmp_path, found, level)
        assert first[0] == level
        assert levels(tmp_path, found, level) == first
    assert "def elbo(" in (tmp_path / page_path(found.name)).read_text(encoding="utf-8")
