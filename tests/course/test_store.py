"""Results survive kills, full disks and a second grader."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.fingerprint import fingerprint
from grader.course.history import History
from grader.course.last_grading import read_last_grading
from grader.course.store import Store, StoreError, result_path, write_whole
from grader.course.store_kind import contents_of
from grader.course.work import UNKNOWN
from grader.report.from_json import from_json
from grader.report.result import OtherGrading, Result, Run, Training
from tests.made_course import keep
from tests.made_results import METHODS, broken_grader, graded, ungradable

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

WRITER = """
import sys
from pathlib import Path
from grader.course.store import write_whole
for number in range(10**9):
    write_whole(Path(sys.argv[1]), str(number % 10).encode() * 1_000_000)
"""

KEEPER = """
import sys
from pathlib import Path
from grader.course.store import Store
from tests.course.test_store import worth
from tests.made_course import keep
store = Store(Path(sys.argv[1]))
for number in range(10**9):
    for name in ("ada", "bo"):
        keep(store, name, worth(number % 6 / 2), "x", never_lower=number % 3 == 0)
    if number % 4 == 0:
        store.history.complete()
"""


def test_a_result_is_kept_while_nothing_changed(tmp_path: Path) -> None:
    store = Store(tmp_path, METHODS)
    print_ = fingerprint(b"notebook", b"rubric")
    assert store.kept("ada", print_) is None
    written = keep(store, "ada", graded(), print_)
    assert store.kept("ada", print_) == written
    assert store.kept("ada", fingerprint(b"notebook", b"other rubric")) is None
    assert store.names() == {"ada"}


def test_open_and_damaged_results_are_graded_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep(store, "open", broken_grader(), "x")
    keep(store, "bad", ungradable(), "x")
    assert store.kept("open", "x") is None
    assert store.kept("bad", "x") is not None
    path = tmp_path / result_path("bad")
    path.write_bytes(path.read_bytes()[:100])
    assert store.kept("bad", "x") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: text.replace('"schema_version": 1', '"schema_version": 99'),
        lambda text: text.replace('"points": 4.5', '"points": "many"'),
        lambda text: text.replace('"environment": {', '"environment": [], "x": {'),
        lambda text: text.replace("ada", "\udcff"),
    ],
    ids=["half", "empty", "list", "deep", "schema", "type", "environment", "encoding"],
)
def test_a_damaged_result_is_none(tmp_path: Path, damage: Callable[[str], str]) -> None:
    store = Store(tmp_path)
    keep(store, "ada", graded(), "x")
    path = tmp_path / result_path("ada")
    whole = path.read_text(encoding="utf-8")
    path.write_text(damage(whole), encoding="utf-8", errors="surrogateescape")
    assert path.read_bytes() != whole.encode()
    assert store.kept("ada", "x") is None


def test_what_the_machine_interrupted_is_not_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep(store, "ada", replace(graded(), run=Run("interrupted")), "x")
    assert store.kept("ada", "x") is None
    keep(store, "bob", replace(graded(), training=Training("interrupted")), "x")
    assert store.kept("bob", "x") is None


def test_what_could_not_be_read_has_no_fingerprint(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep(store, "ada", ungradable(), UNKNOWN)
    assert store.kept("ada", UNKNOWN) is None


def test_a_second_grader_is_turned_away(tmp_path: Path) -> None:
    with (
        Store(tmp_path).locked(),
        pytest.raises(StoreError, match="Another grading"),
        Store(tmp_path).locked(),
    ):
        pytest.fail("both hold the lock")
    with Store(tmp_path).locked():
        pass


def test_a_folder_that_can_not_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="--out"), Store(tmp_path / "file").locked():
        pytest.fail("a file is no folder")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ada.json"
    write_whole(path, b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left on device.*kept"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_read_only_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ada.json"
    write_whole(path, b"old")
    path.chmod(0o444)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


@posix
def test_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "results" / "ada.json"
    for wait in (0.01, 0.05, 0.11):
        path.unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)])
        while not path.exists():
            time.sleep(0.005)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        content = path.read_bytes()
        assert len(content) == 1_000_000
        assert len(set(content)) == 1
    (path.parent / ".ada.json.x.part").write_bytes(b"half")
    with Store(tmp_path).locked():
        assert [entry.name for entry in path.parent.iterdir()] == ["ada.json"]


@posix
def test_kill_leaves_a_whole_history(tmp_path: Path) -> None:
    for number, wait in enumerate((0.01, 0.05, 0.11), 1):
        process = subprocess.Popen([sys.executable, "-c", KEEPER, str(tmp_path)], cwd=ROOT)
        history = History(contents_of(tmp_path))
        gradings = len(history.gradings())
        while process.poll() is None and len(history.gradings()) < gradings + 2:
            time.sleep(0.005)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        for path in tmp_path.rglob("[!.]*.json"):
            from_json(path.read_bytes())
        last = read_last_grading(contents_of(tmp_path))
        assert last is not None
        assert last.count == 2
        assert sum(not it.is_finished for it in History(contents_of(tmp_path)).gradings()) <= 1
        assert len(History(contents_of(tmp_path)).gradings()) > number


def test_scratch_folders_do_not_stay(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked(), store.scratch() as folder:
        (folder / "000001.ipynb").write_bytes(b"unpacked")
    assert not folder.exists()
    with store.locked():
        killed = store.scratch()  # never left, as by a grading that is killed
        left = killed.__enter__()
        (left / "000001.ipynb").write_bytes(b"unpacked")
    with store.locked():
        assert not left.exists()
        assert store.names() == frozenset()


def test_what_is_kept_is_a_result_to_other_programs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep(store, "ada", graded(), "x")
    assert from_json((tmp_path / result_path("ada")).read_text(encoding="utf-8")).points == 4.5


def worth(points: float) -> Result:
    """A result with so many of 7.5 points."""
    result = graded()
    check = replace(result.tasks[0].checks[0], points=points, status="failed")
    first = replace(result.tasks[0], points=points, checks=(check, result.tasks[0].checks[1]))
    return replace(result, points=points + 2.0, tasks=(first, result.tasks[1]))


def test_what_a_result_was_before_stays_in_the_history(tmp_path: Path) -> None:
    store = Store(tmp_path, METHODS)
    old = keep(store, "ada", worth(1.0), "x")
    store.history.complete()
    keep(store, "ada", worth(2.0), "y")
    first, last = store.history.gradings()
    assert first.names_of_replaced == ()
    assert last.before == {"ada"}
    assert from_json((tmp_path / last.replaced("ada")).read_bytes(), METHODS) == old
    assert store.names() == {"ada"}


def test_a_result_that_says_the_same_is_not_in_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep(store, "ada", graded(), "x")
    store.history.complete()
    slower = replace(graded(), seconds=9.0, run=replace(graded().run, seconds=8.0))
    keep(store, "ada", slower, "y")
    assert store.history.gradings()[-1].names_of_replaced == ()


def test_a_total_never_falls_where_that_is_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path, METHODS)
    keep(store, "ada", worth(2.0), "x")
    store.history.complete()
    counted = keep(store, "ada", worth(1.0), "y", never_lower=True)
    assert counted.points == 4.0
    assert counted.other_grading == OtherGrading(False, 3.0, 7.5)
    assert store.kept("ada", "y") == counted  # so it isn't graded again
    last = store.history.gradings()[-1]
    lower = from_json((tmp_path / last.lower("ada")).read_bytes())
    assert (lower.points, lower.other_grading) == (3.0, OtherGrading(True, 4.0, 7.5))
    assert last.names_of_replaced == ()
    store.history.complete()
    # Whatever is as high or higher replaces it.
    assert keep(store, "ada", worth(2.0), "z", never_lower=True).other_grading is None
    assert keep(store, "ada", worth(2.5), "z", never_lower=True).points == 4.5


def test_a_total_falls_where_nothing_is_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep(store, "ada", worth(2.0), "x")
    assert keep(store, "ada", worth(1.0), "y").points == 3.0


def test_an_error_of_the_grader_neither_counts_as_lower_nor_hides_what_was_before(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    keep(store, "ada", worth(2.5), "x")
    store.history.complete()
    assert keep(store, "ada", broken_grader(), "y", never_lower=True).status == "grader_error"
    assert store.kept("ada", "y") is None
    store.history.complete()
    counted = keep(store, "ada", worth(1.0), "y", never_lower=True)
    assert (counted.points, counted.status) == (4.5, "graded")
    assert store.kept("ada", "y") == counted


def test_who_hands_in_nothing_that_can_be_graded_keeps_what_there_was(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keep(store, "ada", graded(), "x")
    assert keep(store, "ada", ungradable(), "y", never_lower=True).points == 4.5
