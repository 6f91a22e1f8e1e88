"""What the last grading of a folder changed, in words and as a table."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.compare import CompareError, changes_to_csv
from grader.course.history import BEFORE
from grader.course.last_grading import last_to_text, read_last_grading
from grader.course.store import Store
from grader.course.store_kind import contents_of
from grader.report.result import Result
from tests.made_course import keep
from tests.made_results import broken_grader, graded, ungradable


def worth(points: float) -> Result:
    """A result with so many points less for a rule."""
    result = graded()
    rule = replace(
        result.rules[1], consequence=f"It costs {result.points - points:g} points of the total."
    )
    return replace(result, points=points, rules=(result.rules[0], rule))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three students, graded once."""
    store = Store(tmp_path)
    for name, result in {"ada": graded(), "bo": worth(2.0), "cy": ungradable()}.items():
        keep(store, name, result, "x")
    store.history.complete()
    return store


def table(path_or_bytes: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path_or_bytes.decode("utf-8-sig"), newline="")))


def test_the_first_grading_changed_everybody(store: Store) -> None:
    last = read_last_grading(store.contents)
    assert last is not None
    assert last.changed == {"ada", "bo", "cy"}
    text = last_to_text(last)
    assert text.startswith("The first and only grading is of 20")
    assert text.endswith("UTC. It graded 3 students.\n")


def test_exactly_who_changed_is_named(store: Store) -> None:
    keep(store, "ada", graded("Other words."), "y")
    keep(store, "bo", worth(1.5), "y")
    keep(store, "dan", worth(3.0), "y")
    unfinished = read_last_grading(store.contents)
    assert unfinished is not None
    assert "and not finished." in last_to_text(unfinished)
    store.history.complete()
    last = read_last_grading(store.contents)
    assert last is not None
    assert last.changed == {"bo", "dan"}
    text = last_to_text(last)
    assert "2 of 4 students changed." in text
    assert "bo  2 of 7.5 -> 1.5 of 7.5" in text
    assert "dan  none -> 3 of 7.5\n  not graded before" in text
    bo, dan = table(changes_to_csv(last.changes))
    assert (bo["name"], bo["student"], bo["before"], bo["after"]) == ("bo", "ada", "2", "1.5")
    assert "It costs 3 points" in bo["why"]
    assert [dan[key] for key in ("before", "max_before", "after")] == ["", "", "3"]


def test_points_that_are_open_are_empty_in_the_table(store: Store) -> None:
    keep(store, "ada", broken_grader(), "y")
    last = read_last_grading(store.contents)
    assert last is not None
    (ada,) = table(changes_to_csv(last.changes))
    assert (ada["before"], ada["after"]) == ("4.5", "")


def test_only_the_last_grading_counts(store: Store) -> None:
    keep(store, "bo", worth(1.5), "y")
    store.history.complete()
    keep(store, "bo", worth(1.5), "z")
    store.history.complete()
    last = read_last_grading(store.contents)
    assert last is not None
    assert last.changes == ()
    assert "No points changed among 3 students." in last_to_text(last)


def test_who_keeps_a_higher_total_is_named_and_did_not_change(store: Store) -> None:
    keep(store, "ada", worth(4.0), "y", never_lower=True)
    last = read_last_grading(store.contents)
    assert last is not None
    assert last.changes == ()
    assert (
        "ada  4.5 of 7.5. The last grading gave 4 of 7.5 points: an earlier one gave more, which "
        "counts." in last_to_text(last)
    )


def test_a_folder_without_history_is_said(tmp_path: Path) -> None:
    assert read_last_grading(contents_of(tmp_path)) is None
    told = CliRunner().invoke(main, ["compare", str(tmp_path)])
    assert told.exit_code == 2
    assert "no history" in told.output


def test_a_damaged_history_is_said(store: Store) -> None:
    keep(store, "bo", worth(1.5), "y")
    store.contents.write(store.history.gradings()[-1].replaced("bo"), b"{")
    with pytest.raises(CompareError, match=r"bo\.json can't be read"):
        read_last_grading(store.contents)


def test_where_nobody_knows_who_was_there_before_it_says_what_to_do(store: Store) -> None:
    keep(store, "bo", worth(1.5), "y")
    store.contents.write(store.history.gradings()[-1].folder / BEFORE, b"\xff")
    with pytest.raises(CompareError, match=r"it is damaged\. .* --regrade makes one"):
        read_last_grading(store.contents)


def test_the_command_says_it_and_writes_a_table(store: Store, tmp_path: Path) -> None:
    keep(store, "bo", worth(1.5), "y")
    store.history.complete()
    told = CliRunner().invoke(
        main, ["compare", str(store.folder), "--csv", str(tmp_path / "who.csv")]
    )
    assert told.exit_code == 0, told.output
    assert "bo  2 of 7.5 -> 1.5 of 7.5" in told.output
    (row,) = table((tmp_path / "who.csv").read_bytes())
    assert row["name"] == "bo"
    told = CliRunner().invoke(main, ["compare", str(store.folder), "--csv", "-"])
    assert told.stdout.lstrip("\ufeff").startswith("name,student,before")
    assert "1 of 3 students changed." in told.stderr
    told = CliRunner().invoke(main, ["compare", str(store.folder), "--csv", str(tmp_path / "x/y")])
    assert told.exit_code == 2
    assert "there is no folder" in told.output


def test_the_help_tells_of_one_folder_and_of_two() -> None:
    told = CliRunner().invoke(main, ["compare", "--help"]).output
    assert "RESULTS [NEWER]" in told
    assert "last grading" in " ".join(told.split())
