"""What a course says at its end, on a terminal and in a file."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader.cli.main import main
from grader.course.find import NOTHING
from grader.course.options import CourseOptions
from grader.course.roster import Roster
from grader.course.store import Store
from grader.course.summary import overview_of, summary
from grader.course.write_out import GradedFolder, say, write_out
from grader.examiner import machine
from grader.examiner.rubric import Rubric
from grader.report.course import Lateness
from grader.report.result import Result, Run
from tests.made_course import keep
from tests.made_results import broken_grader, entry, graded, ungradable


def test_fewer_jobs_than_asked_for_are_not_kept_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bob"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "vae.ipynb").write_text("{")
    monkeypatch.setattr(machine, "fitting", lambda jobs, run: 1)
    course = [str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--no-run"]
    assert "at once" not in CliRunner().invoke(main, course).stderr
    asked = CliRunner().invoke(main, [*course, "--jobs", "2", "--regrade"])
    assert "Note: 1 at once and not 2: " in asked.stderr


def test_of_many_few_are_named_and_it_is_said_where_all_are(tmp_path: Path) -> None:
    results = (graded(), ungradable(), broken_grader(), nothing_handed_in(), undecided(), stopped())
    course = [
        entry(result, "Ada", f"{number:02d}{kind}")
        for kind, result in enumerate(results)
        for number in range(21)
    ]
    text = summary(overview_of(course), [tmp_path])
    lines = text.splitlines()
    for kind, words in enumerate(
        (
            "21 could not be graded: ",
            "21 left open, since the grader itself failed: ",
            "21 handed in nothing that can be graded: ",
            "21 wait for a task to be graded by hand: ",
            "The machine interrupted the run or the training of 21: ",
        ),
        1,
    ):
        (line,) = (line for line in lines if line.startswith(words))
        named = ", ".join(f"Ada_{number:02d}{kind}" for number in range(20))
        assert line.startswith(f"{words}{named} and 1 more.")
    assert lines[-3:] == [
        "gradebook.csv names everybody, each with a status and what to look at.",
        "Written:",
        f"  {tmp_path}",
    ]
    few = summary(overview_of(course[:41]), [])  # 21 graded, and 20 that could not be
    assert "gradebook.csv" not in few
    assert few.startswith("21 of 41 students are graded. They have 4.5 of 7.5 points on average.")
    assert "Ada_191." in few


def test_the_average_is_of_the_points_that_count_and_are_decided() -> None:
    late = replace(entry(graded()), lateness=Lateness(2.0, "Late."))
    everyone = [entry(graded()), late]
    (line, *_) = summary(overview_of(everyone), []).splitlines()
    assert line == "2 of 2 students are graded. They have 3.5 of 7.5 points on average."
    (line, *_) = summary(overview_of([*everyone, entry(undecided())]), []).splitlines()
    assert line == (
        "3 of 3 students are graded. The points of 2 are decided: 3.5 of 7.5 on average."
    )
    (line, waits, *_) = summary(overview_of([entry(undecided(), "Ada")]), []).splitlines()
    assert line == "1 of 1 students are graded."
    assert waits == "1 waits for a task to be graded by hand: Ada_12."


def nothing_handed_in() -> Result:
    return replace(ungradable(), reason=f"{NOTHING}: a picture.")


def undecided() -> Result:
    result = graded()
    return replace(result, tasks=(replace(result.tasks[0], undecided=True), *result.tasks[1:]))


def stopped() -> Result:
    return replace(graded(), run=Run("interrupted"))


def test_results_of_others_are_named_up_to_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path)
    for number in range(21):
        keep(store, f"old{number:02d}", graded(), "x")
    roster = Roster("course", None, ())
    write_out(GradedFolder(store, roster, (), (), Rubric({}, {}, {})), CourseOptions())
    told = " ".join(capsys.readouterr().err.split())
    assert (
        "old18, old19 and 1 more. They are the files of results/ that gradebook.csv doesn't name."
        in told
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=30), min_size=1, max_size=60))
def test_lines_are_folded_between_words_on_a_terminal_alone(words: list[str]) -> None:
    text = "Note: " + " ".join(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "60")
        terminal, file = Terminal(), io.StringIO()
        say(text, terminal)
        say(text, file)
    assert file.getvalue() == text + "\n"
    assert terminal.getvalue().split() == text.split()
    assert all(len(line) <= 60 for line in terminal.getvalue().splitlines())
