"""A rubric that changes after publishing: who changed is known, and what people decided stays."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.history import History
from grader.course.regrade import differs
from grader.course.store_kind import contents_of
from grader.examiner.rubric import default_path
from grader.report.from_json import from_json
from grader.report.to_json import to_json
from tests.course.courses import grade, gradebook, handed_in, results
from tests.made_results import graded

RUBRIC = default_path().read_text("utf-8")
OVERRIDES = "- {student: student_001, target: elbo, points: 7, reason: right on paper}  # by ear\n"
SHEET = (
    "Identifier,Full name,Grade,Maximum Grade,Feedback comments\r\n"
    "Participant 1,student_000,,60.00,\r\nParticipant 2,student_001,,60.00,\r\n"
)


def test_what_was_read_back_is_the_same_result() -> None:
    result = graded()
    evidence = replace(result.tasks[0].checks[1], evidence={"shape": (1, 2), "of": float("nan")})
    task = replace(result.tasks[0], checks=(result.tasks[0].checks[0], evidence))
    result = replace(result, tasks=(task, *result.tasks[1:]))
    assert not differs(from_json(to_json(result)), result)
    assert differs(graded(), result)


def rubric_with(path: Path, *changes: tuple[str, str]) -> str:
    """Write the rubric with some points changed; returns the path."""
    text = RUBRIC
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return str(path)


def compared(out: Path, *options: str) -> str:
    told = CliRunner().invoke(main, ["compare", str(out), *options])
    assert told.exit_code == 0, told.output
    return told.output


def changed_in(text: str) -> Sequence[str]:
    return [line.split()[0] for line in text.splitlines() if line.startswith("student_")]


@pytest.fixture
def published(tmp_path: Path) -> tuple[Path, Path]:
    """Two students, of whom one has no ELBO, and a person's decision about it."""
    if sys.platform != "linux":
        pytest.skip("other systems fork no candidates")
    handed, out = handed_in(tmp_path / "in", ["right", "wrong_elbo"]), tmp_path / "out"
    out.mkdir()
    (out / "overrides.yaml").write_text(OVERRIDES)
    done = grade(handed, out, "--no-run")
    assert done.returncode == 0, done.stderr
    assert {name: one["points"] for name, one in results(out).items()} == {
        "student_000": 60.0,
        "student_001": 45.0,
    }
    return handed, out


def test_exactly_who_changed_is_named_and_no_decision_is_lost(
    published: tuple[Path, Path], tmp_path: Path
) -> None:
    handed, out = published
    assert "It graded 2 students." in compared(out)
    changes = [("kl.total: 3", "kl.total: 4"), ("  kl:\n    points: 5", "  kl:\n    points: 6")]
    changes += [("elbo.exact: 3", "elbo.exact: 2"), ("    points: 15", "    points: 14")]
    rubric = rubric_with(tmp_path / "newer.yaml", *changes)
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET)
    platform = ("--moodle", str(sheet), "--changed-only")
    done = grade(handed, out, "--no-run", "--rubric", rubric, *platform)
    assert done.returncode == 0, done.stderr
    text = compared(out, "--csv", str(tmp_path / "who.csv"))
    assert changed_in(text) == ["student_001"]
    assert "student_001  45 of 60 -> 46 of 60" in text
    assert "kl.total: 3 -> 4 points; it is worth 4 instead of 3" in text
    assert (tmp_path / "who.csv").read_bytes() == (out / "changed.csv").read_bytes()
    assert (out / "overrides.yaml").read_text() == OVERRIDES
    row = gradebook(out)["student_001"]
    assert (row["elbo"], row["kl"], row["points"]) == ("7", "6", "53")
    assert "set by hand: elbo 7 (right on paper)" in row["flags"]
    filled = (out / "moodle_worksheet.csv").read_text(encoding="utf-8").splitlines()
    assert filled[1] == SHEET.splitlines()[1]
    assert filled[2].startswith("Participant 2,student_001,53.00,60.00,")
    # What counted then is still there.
    (replaced,) = [it.replaced("student_001") for it in History(contents_of(out)).gradings()[1:]]
    assert from_json((out / replaced).read_bytes()).points == 45.0


def test_a_moved_deadline_and_a_task_for_people_grade_nothing_again(
    published: tuple[Path, Path], tmp_path: Path
) -> None:
    handed, out = published
    rubric = tmp_path / "later.yaml"
    late = "late: {due: 2026-12-01 23:59, step: 1 day, points: 2}\n"
    manual = "manual: {essay: {title: Essay, points: 5}}\n"
    rubric.write_text(RUBRIC + late + manual, encoding="utf-8")
    done = grade(handed, out, "--no-run", "--rubric", str(rubric))
    assert "2 of 2 are graded already." in done.stderr, done.stderr
    assert len(History(contents_of(out)).gradings()) == 1


def test_a_regrade_may_not_lower_a_total(published: tuple[Path, Path], tmp_path: Path) -> None:
    handed, out = published
    changes = [("kl.total: 3", "kl.total: 1"), ("  kl:\n    points: 5", "  kl:\n    points: 3")]
    changes += [("elbo.exact: 3", "elbo.exact: 5"), ("    points: 15", "    points: 17")]
    rubric = rubric_with(tmp_path / "stricter.yaml", *changes)
    again = ("--no-run", "--rubric", rubric, "--never-lower")
    done = grade(handed, out, *again)
    assert done.returncode == 0, done.stderr
    kept = results(out)["student_001"]
    assert (kept["points"], kept["other_grading"]) == (
        45.0,
        {"counts": False, "points": 43.0, "max_points": 60.0},
    )
    assert results(out)["student_000"]["other_grading"] is None
    last = History(contents_of(out)).gradings()[-1]
    lower = from_json((out / last.lower("student_001")).read_bytes())
    assert lower.points == 43.0
    assert lower.other_grading is not None
    assert lower.other_grading.counts
    text = compared(out)
    assert "student_001  45 of 60. The last grading gave 43 of 60 points" in text
    page = (out / "report" / "students" / "student_001.html").read_text(encoding="utf-8")
    assert "The last grading gave 43 of 60 points" in page
    assert "def elbo(" in page
    flags = gradebook(out)["student_001"]["flags"]
    assert "earlier total kept: the last grading gave 43 of 60" in flags
    # The same command has nothing to do any more.
    done = grade(handed, out, *again)
    assert "2 of 2 are graded already." in done.stderr
    assert History(contents_of(out)).gradings()[-1] == last
