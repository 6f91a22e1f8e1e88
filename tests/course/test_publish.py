"""Students' pages follow the points that hold now, and keep the student's code and plots."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.folder import require_their_rubric
from grader.course.kept_code import KeptCode, code_path
from grader.course.options import CourseOptions
from grader.course.pages import page_path
from grader.course.publish import NOBODY, publish
from grader.course.store import Store
from grader.course.store_kind import contents_of
from grader.decisions.apply import apply_decisions
from grader.decisions.decision import Decision
from grader.errors import UnusableError
from grader.examiner.rubric import ManualTask, Rubric
from grader.platforms.nbgrader.roster import NO_ROSTER, Enrolled, read_roster
from grader.report import index, index_rows
from grader.report.course import Entry
from grader.report.page import in_course, to_page
from grader.report.result import OtherGrading
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.course.courses import SOLVED
from tests.made_course import keep, keep_code
from tests.made_plots import executed, png
from tests.made_results import TITLE, broken_grader, entry, graded, ungradable

RUBRIC = Rubric({"kl": 3.5, "elbo": 4.0}, {}, {})
REQUEST = Decision(1, 1, "Ada_L_12", target="kl", points=3.0, reason="right on paper")


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
    sources = extract(load(SOLVED), ASSIGNMENT).sources
    keep_code(out, found.name, KeptCode("", sources))
    html = to_page(found.result, TITLE, sources, plots, student=found.result.submission.student)
    page.write_text(in_course(html), encoding="utf-8")
    return found


def published(out: Path, entry: Entry, *decisions: Decision) -> dict[str, str]:
    """Publish the course of one, and return all its students' pages."""
    decided = apply_decisions([entry], decisions, RUBRIC)
    assert decided.notices == ()
    done = publish(contents_of(out), "course", decided.entries, CourseOptions())
    assert (done.notices, done.problems) == ([], [])
    folder = (out / page_path(entry.name)).parent
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_one_page_says_what_holds_and_keeps_code_and_plots(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = published(out, one)
    (page,) = published(out, one, REQUEST).values()
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


@pytest.mark.parametrize(("replace_grades", "grade"), [(False, "3.00"), (True, "4.50")])
def test_what_a_sheet_has_stays_unless_that_is_not_wanted(
    replace_grades: bool, grade: str, one: Entry, tmp_path: Path
) -> None:
    sheet, out = tmp_path / "sheet.csv", tmp_path / "out"
    header = "Identifier,Full name,Grade,Maximum grade,Feedback comments"
    sheet.write_text(f"{header}\nParticipant 12,Ada L,3.00,7.50,by hand\n")
    options = CourseOptions(values={"moodle": sheet}, replace_grades=replace_grades)
    done = publish(contents_of(out), "course", [one], options)
    assert f"Ada L,{grade}," in (out / "moodle_worksheet.csv").read_text()
    assert any("Ada L" in notice and "3.00" in notice for notice in done.notices)


def test_a_page_follows_the_next_override(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    published(out, one, REQUEST)
    (page,) = published(out, one, replace(REQUEST, points=0.5, reason="copied")).values()
    assert "<h1>2.5 of 7.5 points</h1>" in page
    assert "right on paper" not in page


def test_pages_that_nobody_changed_are_left_alone(one: Entry, tmp_path: Path) -> None:
    path = tmp_path / "out" / page_path(one.name)
    before = path.stat().st_mtime_ns
    published(tmp_path / "out", one)
    assert path.stat().st_mtime_ns == before


def test_a_page_has_the_task_that_still_waits_for_a_person(one: Entry, tmp_path: Path) -> None:
    rubric = replace(RUBRIC, manual=(ManualTask("essay", "Essay on it", 6.0),))
    (waits,) = apply_decisions([one], (), rubric).entries
    publish(contents_of(tmp_path / "out"), "course", [waits], CourseOptions())
    path = tmp_path / "out" / page_path(one.name)
    page = path.read_text(encoding="utf-8")
    assert "<h1>4.5 of 13.5 points so far</h1>" in page
    assert "Essay on it: not decided yet, of 6 points" in page
    publish(contents_of(tmp_path / "out"), "course", [one], CourseOptions())
    assert "Essay" not in path.read_text(encoding="utf-8")


def test_a_page_that_is_gone_is_made_again(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = published(out, one)
    (out / page_path(one.name)).unlink()
    assert published(out, one) == before


def test_code_that_is_gone_is_not_shown(one: Entry, tmp_path: Path) -> None:
    (tmp_path / "out" / code_path(one.name)).unlink()
    (page,) = published(tmp_path / "out", one, REQUEST).values()
    assert "def kl_divergence" not in page


def test_plots_of_an_earlier_run_are_not_shown(one: Entry, tmp_path: Path) -> None:
    again = replace(one, result=replace(one.result, run=replace(one.result.run, status="not_run")))
    (page,) = published(tmp_path / "out", again, REQUEST).values()
    assert "data:image/png;base64," not in page


def test_whoever_handed_in_no_notebook_has_a_page_too(tmp_path: Path) -> None:
    nothing = entry(ungradable())
    publish(contents_of(tmp_path), "course", [nothing], CourseOptions())
    page = (tmp_path / page_path(nothing.name)).read_text(encoding="utf-8")
    assert "There is no class VAE." in page
    assert nothing.name in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def test_a_large_course_has_pages_of_rows_as_long_as_it_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (index, index_rows):
        monkeypatch.setattr(module, "MOST_ROWS", 2)
    everybody = [entry(graded(), f"Ada Nr{number}", str(number)) for number in range(5)]
    other = tmp_path / "report" / "students-of-mine.html"
    other.parent.mkdir()
    other.write_text("by hand")
    for count, pages in ((5, 3), (3, 2), (2, 0)):
        publish(contents_of(tmp_path), "course", everybody[:count], CourseOptions(anonymous=True))
        for folder in (tmp_path / "report", tmp_path / "anonymous" / "report"):
            files = sorted(folder.glob("students-0*.html"))
            rows = [f"students-{number:04d}.html" for number in range(1, pages + 1)]
            assert [path.name for path in files] == rows
            for path in (*files, folder / "index.html"):
                page = path.read_text(encoding="utf-8")
                links = re.findall(r'href="([^"]+)"', page)
                assert links
                assert all((folder / link).is_file() for link in links)
                assert ("Ada" in page) == (folder.parent == tmp_path)
    assert other.exists()


def test_a_page_says_that_an_earlier_total_counts(one: Entry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    published(out, one)
    kept = replace(one, result=replace(one.result, other_grading=OtherGrading(False, 3, 7.5)))
    (page,) = published(out, kept).values()
    assert "The last grading gave 3 of 7.5 points: an earlier one gave more, which counts." in page
    assert "def kl_divergence" in page
    rows = (out / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert "earlier total kept: the last grading gave 3 of 7.5" in rows


def test_a_platform_may_get_those_alone_who_changed(tmp_path: Path) -> None:
    ada, bo = entry(graded(), "Ada", "12"), entry(graded(), "Bo", "13")
    out, sheet = tmp_path / "out", tmp_path / "sheet.csv"
    header, row = SHEET.format(12).splitlines()
    sheet.write_text(f"{header}\n{row}\n{row.replace('12,Ada', '13,Bo')}\n", encoding="utf-8")
    options = CourseOptions(values={"moodle": sheet}, changed_only=True)
    store = Store(out)
    for one in (ada, bo):
        keep(store, one.name, broken_grader() if one is bo else one.result, "x")
    store.history.complete()
    keep(store, bo.name, bo.result, "y")
    store.history.complete()
    done = publish(contents_of(out), "course", [ada, bo], options)
    filled = (out / "moodle_worksheet.csv").read_text(encoding="utf-8").splitlines()
    assert filled[1] == row
    assert filled[2].startswith("Participant 13,Bo,4.50,7.5,")
    with zipfile.ZipFile(out / "moodle_feedback.zip") as archive:
        assert archive.namelist() == [f"{bo.students[0].prefix}feedback.html"]
    assert done.notices == []
    rows = (out / "changed.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in rows] == ["name", bo.name]
    keep(store, bo.name, bo.result, "z")
    store.history.complete()
    done = publish(contents_of(out), "course", [ada, bo], options)
    assert done.notices == [NOBODY]
    store.contents.write(store.history.gradings()[-1].replaced(bo.name), b"{")
    done = publish(contents_of(out), "course", [ada], options)
    assert "changed.csv is not written" in done.problems[0]


SHEET = "Identifier,Full name,Grade,Maximum grade,Feedback comments\nParticipant {},Ada,,7.5,\n"


def test_one_sheet_that_does_not_fit_keeps_no_other_back(one: Entry, tmp_path: Path) -> None:
    out, sheet, grades = tmp_path / "out", tmp_path / "sheet.csv", tmp_path / "canvas.csv"
    sheet.write_text(SHEET.format(12), encoding="utf-8")
    grades.write_text("Student,ID,Section,VAE (1)\nEve,99,A,\n", encoding="utf-8")
    options = CourseOptions(values={"moodle": sheet, "canvas": grades})
    done = publish(contents_of(out), "course", [one], options)
    assert [path.relative_to(out).as_posix() for path in done.files] == [
        "report/index.html",
        "report/students",
        "gradebook.csv",
        "moodle_worksheet.csv",
        "moodle_feedback.zip",
    ]
    assert all(path.exists() for path in done.files)
    assert not (out / "canvas_gradebook.csv").exists()
    (problem,) = done.problems
    assert "Nobody of the course is in Canvas's gradebook" in problem
    sheet.write_text(SHEET.format(99), encoding="utf-8")
    done = publish(contents_of(out), "course", [one], options)
    assert len(done.problems) == 2
    assert done.notices == [
        "moodle_worksheet.csv and moodle_feedback.zip are of an earlier grading and may differ "
        "from what holds now: give --moodle again, or delete them."
    ]
    assert publish(contents_of(out), "course", [one], CourseOptions()).notices == done.notices


def test_nbgraders_gradebook_is_read_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE student (id, first_name, last_name, email)")
        database.execute("CREATE TABLE assignment (name, duedate)")
        database.execute("INSERT INTO student VALUES ('bob', 'Bob', NULL, 'bob@x.org')")
        database.execute("INSERT INTO assignment VALUES ('vae', '2026-01-01 00:00:00.000000')")
    before = path.read_bytes(), path.stat().st_mtime_ns
    for course in (tmp_path, tmp_path / "submitted"):
        roster, notices = read_roster(course)
        assert roster.students == {"bob": Enrolled("Bob", "", "bob@x.org")}
        assert roster.duedates == {"vae": "2026-01-01 00:00:00"}
        assert notices == []
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [file.name for file in tmp_path.iterdir()] == ["gradebook.db"]


def test_a_gradebook_that_is_none_is_said(tmp_path: Path) -> None:
    assert read_roster(tmp_path) == (NO_ROSTER, [])
    for content in (b"no database at all" * 100, b""):
        (tmp_path / "gradebook.db").write_bytes(content)
        roster, (notice,) = read_roster(tmp_path)
        assert roster == NO_ROSTER
        assert "gradebook.db can't be read" in notice


def test_a_rubric_that_the_results_were_not_graded_by_is_refused() -> None:
    rubric = Rubric({}, {"kl.total": 2.5, "kl.per_sample": 1.0}, {})
    theirs = {check.id: check.max_points for check in graded().checks}
    require_their_rubric([entry(graded()), entry(ungradable())], Rubric({}, theirs, {}))
    require_their_rubric([entry(ungradable())], rubric)
    with pytest.raises(UnusableError, match=r"elbo.average is worth 2 in them and 0 in this one"):
        require_their_rubric([entry(graded())], rubric)
