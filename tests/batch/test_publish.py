"""Students' pages follow the points that hold now, and keep the student's code and plots."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from made_results import entry, graded, ungradable
from report.test_page import executed, png

from grader.batch.options import CourseOptions
from grader.batch.overrides import Wish, overridden
from grader.batch.publish import page_path, publish
from grader.report.course import Entry
from grader.report.page import to_page
from grader.submission import extract, load
from tests.batch.courses import SOLVED

WISH = Wish(1, "Ada_L_12", "kl", 3.0, "right on paper")


@pytest.fixture
def one(tmp_path: Path) -> Entry:
    """A submission that was graded and executed into the folder ``out``."""
    result = graded()
    sha256 = hashlib.sha256(SOLVED.read_bytes()).hexdigest()
    tasks = tuple(replace(task, location={"cell": 13, "line": 80}) for task in result.tasks)
    found = entry(
        replace(
            result,
            submission=replace(result.submission, sha256=sha256),
            tasks=tasks,
        )
    )
    out = tmp_path / "out"
    plots = executed(png())
    (out / "executed").mkdir(parents=True)
    (out / "executed" / f"{found.name}.ipynb").write_text(plots, encoding="utf-8")
    page = out / page_path(found.name)
    page.parent.mkdir(parents=True)
    page.write_text(to_page(found.result, extract(load(SOLVED)), plots), encoding="utf-8")
    return found


def published(out: Path, entry: Entry, *wishes: Wish, notebook: Path = SOLVED) -> dict[str, str]:
    """Publish the course of one, and return all its students' pages."""
    entries, notices = overridden([entry], wishes)
    assert notices == []
    assert publish(out, entries, CourseOptions(), {entry.name: notebook}) == []
    folder = (out / page_path(entry.name)).parent
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_one_page_says_what_holds_and_keeps_code_and_plots(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = published(out, one)
    (page,) = published(out, one, WISH).values()
    head, _, rest = page.partition("<main>")
    assert "<h1>5 of 7.5 points</h1>" in head
    assert "Set by hand" in head
    assert "KL: 3 points instead of 2.5. Reason: right on paper" in head
    assert "Set by hand</td>" in rest
    assert "right on paper" not in rest
    assert "def kl_divergence" in rest
    assert "data:image/png;base64," in rest
    assert "kl_divergence" not in head  # it is settled, so there is nothing to be done about it
    assert published(out, one) == before


def test_a_page_follows_the_next_override(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    published(out, one, WISH)
    (page,) = published(out, one, replace(WISH, points=0.5, reason="copied")).values()
    assert "<h1>2.5 of 7.5 points</h1>" in page
    assert "right on paper" not in page


def test_pages_beside_the_students_go(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for wishes in ((), (WISH,)):
        (out / page_path(f"{one.name}.by-hand")).write_text("144 of 60 points", encoding="utf-8")
        assert list(published(out, one, *wishes)) == [f"{one.name}.html"]


def test_a_student_may_be_called_like_a_second_page(one: Entry, tmp_path: Path) -> None:
    strange = replace(one, name=f"{one.name}.by-hand")
    pages = published(tmp_path / "out", strange)
    assert f"{strange.name}.html" in pages


def test_pages_that_nobody_changed_are_left_alone(one: Entry, tmp_path: Path) -> None:
    path = tmp_path / "out" / page_path(one.name)
    before = path.stat().st_mtime_ns
    published(tmp_path / "out", one)
    assert path.stat().st_mtime_ns == before


def test_a_page_that_is_gone_is_made_again(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = published(out, one)
    (out / page_path(one.name)).unlink()
    assert published(out, one) == before


def test_code_of_another_notebook_is_not_shown(one: Entry, tmp_path: Path) -> None:
    other = tmp_path / "vae.ipynb"
    other.write_text(SOLVED.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (page,) = published(tmp_path / "out", one, WISH, notebook=other).values()
    assert "def kl_divergence" not in page


def test_plots_of_an_earlier_run_are_not_shown(one: Entry, tmp_path: Path) -> None:
    again = replace(one, result=replace(one.result, run=replace(one.result.run, status="not_run")))
    (page,) = published(tmp_path / "out", again, WISH).values()
    assert "data:image/png;base64," not in page


def test_whoever_handed_in_no_notebook_has_a_page_too(tmp_path: Path) -> None:
    nothing = entry(ungradable())
    publish(tmp_path, [nothing], CourseOptions(), {})
    page = (tmp_path / page_path(nothing.name)).read_text(encoding="utf-8")
    assert "There is no class VAE." in page
    assert nothing.name in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
