"""Two gradings side by side, and results read back from their JSON."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.compare import CompareError, compare, read_results, to_text
from grader.report.from_json import from_json
from grader.report.result import Result, Submission
from grader.report.to_json import to_json
from tests.made_results import HOSTILE, METHODS, broken_grader, graded, task, ungradable


@pytest.mark.parametrize("result", [graded(HOSTILE), ungradable(), broken_grader()])
def test_json_round_trip(result: Result) -> None:
    assert from_json(to_json(result), METHODS) == result


@pytest.mark.parametrize("text", ["", "[]", "{}", to_json(replace(graded(), schema_version=9))])
def test_other_json_is_no_result(text: str) -> None:
    with pytest.raises(ValueError, match=r"no result|schema version"):
        from_json(text)


def reworth(result: Result, points: float) -> Result:
    """The result under a rubric that gives KL's first check other points."""
    kl = result.tasks[0]
    first = replace(kl.checks[0], points=points, max_points=points)
    more = points - kl.checks[0].points
    return replace(
        result,
        points=result.points + more,
        max_points=result.max_points + more,
        tasks=(task("kl", first, kl.checks[1]), result.tasks[1]),
    )


def test_equal_results_do_not_change() -> None:
    assert compare({"ada": graded()}, {"ada": graded("Another wording.")}) == ()
    assert to_text((), 1) == "No points changed among 1 student.\n"


def test_what_changed_and_why() -> None:
    other = replace(ungradable(), submission=Submission("x", "cd" * 32, "bob"))
    old = {"ada": graded(), "bob": graded(), "cy": graded(), "dan": graded()}
    new = {"ada": reworth(graded(), 1.0), "bob": other, "cy": graded(), "eve": graded()}
    changes = compare(old, new)
    assert [change.name for change in changes] == ["ada", "bob", "dan", "eve"]
    ada, bob, dan, eve = (change.reasons for change in changes)
    assert ada == ("kl.total: 2.5 -> 1 points; it is worth 1 instead of 2.5",)
    assert bob[:2] == (
        "the notebook is another one",
        "it was graded, now it is ungradable: There is no class VAE.",
    )
    assert dan == ("graded before, but not now",)
    assert eve == ("not graded before",)
    text = to_text(changes, 5)
    assert "4 of 5 students changed." in text
    assert "ada  4.5 of 7.5 -> 3 of 6" in text


def test_results_are_read_from_either_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "results"
    folder.mkdir(parents=True)
    (folder / "b.json").write_text(to_json(graded()))
    (folder / "a.json").write_text(to_json(ungradable()))
    assert list(read_results(tmp_path / "out")) == ["a", "b"]
    assert read_results(folder) == read_results(tmp_path / "out")
    (folder / "a.json").write_text("{")
    with pytest.raises(CompareError, match=r"a\.json can't be read"):
        dict(read_results(folder))
    with pytest.raises(CompareError, match="no results"):
        read_results(tmp_path)


def test_the_command_compares_two_folders(tmp_path: Path) -> None:
    for name, result in (("old", graded()), ("new", reworth(graded(), 1.0))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ada.json").write_text(to_json(result))
    told = CliRunner().invoke(main, ["compare", str(tmp_path / "old"), str(tmp_path / "new")])
    assert told.exit_code == 0
    assert "ada  4.5 of 7.5 -> 3 of 6" in told.output
    told = CliRunner().invoke(main, ["compare", str(tmp_path / "old"), str(tmp_path / "none")])
    assert told.exit_code == 2
    assert "no results" in told.output
