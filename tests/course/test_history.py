"""Replaced results stay for good, in a folder for each grading."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from grader.course.history import FOLDER, Grading, History
from grader.course.store_kind import contents_of
from grader.course.writing import StoreError


def begun(folder: Path, *names: str) -> Grading:
    return History(contents_of(folder)).under_way(lambda: names)


def test_there_is_no_history_at_first(tmp_path: Path) -> None:
    assert History(contents_of(tmp_path)).gradings() == ()
    History(contents_of(tmp_path)).complete()
    assert list(tmp_path.iterdir()) == []


def test_a_grading_that_goes_on_is_one(tmp_path: Path) -> None:
    first = begun(tmp_path, "ada", "bo")
    assert first.folder.name.endswith("-unfinished")
    assert not first.is_finished
    again = begun(tmp_path, "ada", "bo", "cy")
    assert again == first
    assert again.before == {"ada", "bo"}
    History(contents_of(tmp_path)).complete()
    (only,) = History(contents_of(tmp_path)).gradings()
    assert only.is_finished
    assert only.began == first.began
    assert only.before == {"ada", "bo"}


def test_the_next_grading_is_another_and_later(tmp_path: Path) -> None:
    for number in range(4):  # within a second
        begun(tmp_path, *(f"student {n}" for n in range(number)))
        History(contents_of(tmp_path)).complete()
    gradings = History(contents_of(tmp_path)).gradings()
    assert [len(grading.before) for grading in gradings] == [0, 1, 2, 3]
    began = [grading.began for grading in gradings]
    assert sorted(set(began)) == began


def test_nothing_is_ever_replaced(tmp_path: Path) -> None:
    grading = begun(tmp_path)
    for content in (b"before", b"between", b"before", b"between", b"again"):
        grading.add_replaced("ada", content)
    grading.add_lower("ada", b"lower")
    assert (tmp_path / grading.replaced("ada")).read_bytes() == b"before"
    assert (tmp_path / grading.folder / "2" / "ada.json").read_bytes() == b"between"
    assert (tmp_path / grading.folder / "3" / "ada.json").read_bytes() == b"again"
    assert not (tmp_path / grading.folder / "4").exists()
    assert (tmp_path / grading.lower("ada")).read_bytes() == b"lower"
    assert (grading.names_of_replaced, grading.names_of_lower) == (("ada",), ("ada",))


def test_a_full_disk_leaves_no_half_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grading = begun(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        grading.add_replaced("ada", b"before")
    assert grading.names_of_replaced == ()


def test_other_folders_are_no_gradings(tmp_path: Path) -> None:
    for name in ("notes", "2026-12-01T10-00-00Z", "2026-12-01"):
        (tmp_path / FOLDER / name).mkdir(parents=True)
    (tmp_path / FOLDER / "2026-12-01T10-00-00Z-unfinished").touch()
    assert History(contents_of(tmp_path)).gradings() == ()
