"""Parts that shards keep become one file, whenever that is interrupted."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from grader.course.history import History, results_in
from grader.course.shard_contents import merge_parts, shard_contents
from grader.course.sqlite_contents import NAME, SqliteContents
from grader.course.store import RESULTS, Store, result_path
from grader.course.store_kind import SQLITE, kind_of
from grader.course.writing import StoreError
from grader.report.result import Result
from tests.course.test_store import worth
from tests.made_course import keep

LABELS = ("1-of-3", "2-of-3", "3-of-3")
NAMES = ("ada", "bo", "cy")


def graded_in_parts(folder: Path, **points: float) -> None:
    """Grade each student in a part of their own; a part is begun even if nobody is in it."""
    for label, name in zip(LABELS, NAMES, strict=True):
        shard = shard_contents(folder, label)
        if name in points:
            keep(Store(folder, contents=shard), name, worth(points[name]), label)
        shard.close()


def merged(folder: Path) -> Store:
    """Merge the parts, and return the store of all."""
    merge_parts(folder)
    assert [path.name for path in folder.glob("*.sqlite*")] == [NAME]
    return Store(folder)


def points_of(result: Result | None) -> float | None:
    """Return the first task's points; None where there is no result."""
    return result.tasks[0].points if result else None


def test_where_there_are_no_parts_nothing_is_done(tmp_path: Path) -> None:
    merge_parts(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_parts_alone_make_a_folder_one_of_that_kind(tmp_path: Path) -> None:
    graded_in_parts(tmp_path, ada=1.0)
    assert not (tmp_path / NAME).exists()
    assert kind_of(tmp_path) == SQLITE


def test_all_of_them_are_in_the_one_file_then(tmp_path: Path) -> None:
    graded_in_parts(tmp_path, ada=1.0, bo=2.0)
    store = merged(tmp_path)
    assert store.names() == {"ada", "bo"}
    assert points_of(store.kept("bo", "2-of-3")) == 2.0
    (grading,) = store.history.gradings()
    assert (grading.before, grading.is_finished) == (frozenset(), False)
    store.history.complete()
    assert [it.is_finished for it in History(store.contents).gradings()] == [True]


@pytest.mark.parametrize("newer", ["1-of-2", "3-of-3"])
def test_of_two_divisions_the_part_that_was_written_last_counts(newer: str, tmp_path: Path) -> None:
    (older,) = {"1-of-2", "3-of-3"} - {newer}
    for at, (label, points) in enumerate([(older, 1.0), (newer, 2.0)]):
        shard = shard_contents(tmp_path, label)
        keep(Store(tmp_path, contents=shard), "ada", worth(points), label)
        shard.close()
        os.utime(tmp_path / NAME.replace(".", f"-{label}."), (at, at))
    assert points_of(merged(tmp_path).read("ada")) == 2.0


def test_what_the_parts_replaced_is_of_one_grading(tmp_path: Path) -> None:
    graded_in_parts(tmp_path, ada=1.0, bo=2.0, cy=2.5)
    first = merged(tmp_path)
    first.history.complete()
    first.contents.close()
    graded_in_parts(tmp_path, ada=1.5, cy=0.5)
    store = merged(tmp_path)
    assert [points_of(store.read(name)) for name in NAMES] == [1.5, 2.0, 0.5]
    _, last = store.history.gradings()
    assert last.before == set(NAMES)
    assert last.names_of_replaced == ("ada", "cy")
    store.history.complete()
    assert len(store.history.gradings()) == 2


def test_a_part_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    graded_in_parts(tmp_path, ada=1.0)
    shard = shard_contents(tmp_path, LABELS[0])
    again = Store(tmp_path, contents=shard)
    assert points_of(again.kept("ada", LABELS[0])) == 1.0
    keep(again, "ada", worth(2.0), "y")
    shard.close()
    store = merged(tmp_path)
    (grading,) = store.history.gradings()
    assert grading.names_of_replaced == ("ada",)


def test_a_part_never_ends_a_grading(tmp_path: Path) -> None:
    shard = shard_contents(tmp_path, LABELS[0])
    keep(Store(tmp_path, contents=shard), "ada", worth(1.0), "x")
    with pytest.raises(StoreError, match="by a part"):
        History(shard).complete()
    shard.close()


def test_a_kill_between_the_copy_and_the_end_of_a_part_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded_in_parts(tmp_path, ada=1.0, bo=2.0, cy=2.5)

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            merge_parts(tmp_path)
    assert len(list(tmp_path.glob("course-*.sqlite"))) == 3
    once = SqliteContents(tmp_path / NAME)
    assert results_in(once, RESULTS) == ("ada",)
    once.close()
    store = merged(tmp_path)
    assert store.names() == set(NAMES)
    assert len(store.history.gradings()) == 1


def test_a_part_that_is_damaged_is_named(tmp_path: Path) -> None:
    graded_in_parts(tmp_path, ada=1.0, bo=2.0)
    part = tmp_path / "course-2-of-3.sqlite"
    part.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreError, match=r"course-2-of-3\.sqlite can't be merged .* graded again"):
        merge_parts(tmp_path)
    os.replace(part, tmp_path / "away")
    assert merged(tmp_path).names() == {"ada"}


def test_a_part_that_was_begun_and_not_written_is_empty(tmp_path: Path) -> None:
    (tmp_path / "course-1-of-3.sqlite").touch()
    assert merged(tmp_path).names() == frozenset()


def test_what_a_kill_left_half_written_in_a_part_is_taken_back(tmp_path: Path) -> None:
    graded_in_parts(tmp_path, ada=1.0)
    part = tmp_path / "course-1-of-3.sqlite"
    database = sqlite3.connect(part, isolation_level=None)
    before = part.read_bytes()
    database.execute("PRAGMA cache_spill = 1")
    database.execute("PRAGMA cache_size = 2")
    database.execute("BEGIN EXCLUSIVE")
    database.execute("DELETE FROM contents")
    database.execute("INSERT INTO contents VALUES ('x', zeroblob(100000))")
    journal = (tmp_path / "course-1-of-3.sqlite-journal").read_bytes()
    half = part.read_bytes()
    database.close()
    assert half != before
    part.write_bytes(half)
    (tmp_path / "course-1-of-3.sqlite-journal").write_bytes(journal)
    store = merged(tmp_path)
    assert store.contents.exists(result_path("ada"))
    assert not store.contents.exists(Path("x"))
