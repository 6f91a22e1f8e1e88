"""Parts of a course hold each submission once, and grade it as the whole does."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.shard import Shard, parse_shard
from grader.course.store import Store, StoreError
from tests.course.courses import ROOT, command, grade, handed_in, results
from tests.made_course import keep
from tests.made_results import graded

posix = pytest.mark.skipif(sys.platform == "win32", reason="shared locks of POSIX")


@given(st.lists(st.text(), unique=True), st.integers(1, 70))
def test_every_name_is_in_one_part(names: list[str], count: int) -> None:
    parts = [Shard(number + 1, count) for number in range(count)]
    assert all(sum(part.holds(name) for part in parts) == 1 for name in names)


def test_parts_are_of_a_size() -> None:
    names = [f"student_{number:05d}" for number in range(6400)]
    sizes = [sum(map(Shard(number, 64).holds, names)) for number in range(1, 65)]
    assert 60 < min(sizes) <= max(sizes) < 145


@pytest.mark.parametrize(
    "text",
    ["0/4", "5/4", "1/0", "1", "1/", "-1/4", "1 / 4", "a/b", "\N{ARABIC-INDIC DIGIT ONE}/4", ""],
)
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="third of 64"):
        parse_shard(text)


def test_a_part_is_read() -> None:
    assert parse_shard("3/64") == Shard(3, 64)
    assert parse_shard("64/64").label == "64-of-64"


@posix
def test_parts_share_the_folder_against_the_whole(tmp_path: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(Store(tmp_path).locked(Shard(1, 3)))
        stack.enter_context(Store(tmp_path).locked(Shard(2, 3)))
        with pytest.raises(StoreError, match="Part 2 of 3 is being graded already"):
            stack.enter_context(Store(tmp_path).locked(Shard(2, 3)))
        with pytest.raises(StoreError, match="Another grading is writing"):
            stack.enter_context(Store(tmp_path).locked())
    with (
        Store(tmp_path).locked(),
        pytest.raises(StoreError, match="Another grading is writing"),
        Store(tmp_path).locked(Shard(1, 3)),
    ):
        pass


@posix
def test_a_part_leaves_what_others_are_writing(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    with first.locked(Shard(1, 2)), first.scratch() as scratch:
        (tmp_path / "results").mkdir()
        part = tmp_path / "results" / ".ada.json.0123456789abcdef.part"
        part.write_text("half")
        with second.locked(Shard(2, 2)):
            assert scratch.is_dir()
            assert part.exists()
    with Store(tmp_path).locked():
        assert not part.exists()


@posix
def test_parts_begin_one_grading_together(tmp_path: Path) -> None:
    stores = [Store(tmp_path) for _ in range(4)]
    for number, store in enumerate(stores):
        keep(store, f"s{number}", graded(), "x")
    (grading,) = stores[0].history.gradings()
    assert grading.before == frozenset()


@pytest.mark.slow
@posix
def test_parts_side_by_side_give_what_the_whole_gives(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right", "wrong_elbo", "right", "wrong_elbo", "right"])
    (handed / "student_005").mkdir()
    (handed / "student_005" / "vae.ipynb").write_text("{")
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert grade(handed, whole, "--no-run").returncode == 1  # one can't be graded
    parts = [
        subprocess.Popen(
            command(handed, out, "--no-run", "--shard", f"{number}/3"),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in (1, 2, 3)
    ]
    told = [" ".join(process.communicate(timeout=600)[0].split()) for process in parts]
    assert all("When all parts are done" in words for words in told), told
    assert sum(process.returncode for process in parts) == 1
    assert not (out / "gradebook.csv").exists()
    last = grade(handed, out, "--no-run")
    assert "6 of 6 are graded already" in last.stderr
    assert (out / "gradebook.csv").read_bytes() == (whole / "gradebook.csv").read_bytes()
    assert results(out) == results(whole)
    assert [it.name for it in out.glob(".unpacked*")] == []


def test_what_the_last_call_writes_is_refused_in_a_part(tmp_path: Path) -> None:
    handed = handed_in(tmp_path / "in", ["right"])
    done = grade(handed, tmp_path / "out", "--shard", "1/2", "--anonymous")
    assert done.returncode == 2
    assert "--anonymous goes with the last call, without --shard" in done.stderr
    done = grade(handed, tmp_path / "out", "--shard", "3/2")
    assert done.returncode == 2
    assert "write 3/64 for the third of 64" in done.stderr
