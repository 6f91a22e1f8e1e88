"""The one file of a large course survives kills and full disks, and is read while it is written."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from grader.course.contents import UnusableContentsError
from grader.course.sqlite_contents import NAME, SqliteContents
from grader.course.writing import StoreError

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
RESULT = Path("results/ada.json")

WRITER = """
import sys
from pathlib import Path
from grader.course.sqlite_contents import SqliteContents
from tests.course.test_sqlite_contents import content_of
contents = SqliteContents(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10**9):
    contents.write(Path(f"code/{number}.json"), content_of(number))
    contents.write(Path(f"results/{number}.json"), content_of(number))
    if number % 7 == 0:
        contents.flush()
        print(number, flush=True)
"""


def content_of(number: int) -> bytes:
    """What is written for a number."""
    return random.Random(number).randbytes(300) * 20


@posix
def test_a_kill_loses_nothing_that_was_said_to_be_kept(tmp_path: Path) -> None:
    file, said = tmp_path / NAME, 0
    for round_ in range(6):
        command = [sys.executable, "-c", WRITER, str(file), str(said)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = int(process.stdout.readline())
            time.sleep(random.Random(round_).uniform(0.0, 0.08))
            process.send_signal(signal.SIGKILL)
            said = max([said, *map(int, process.stdout.read().split("\n")[:-1])])
        contents = SqliteContents(file)
        results = {int(Path(name).stem) for name in contents.names(Path("results"))}
        assert results >= set(range(said + 1))
        for number in [*range(0, said, 50), *range(said, max(results) + 1)]:
            # What was written before a result is there where that is.
            for folder in ("code", "results"):
                assert contents.read(Path(folder, f"{number}.json")) == content_of(number)
        contents.close()


@posix
def test_it_is_read_while_another_process_writes(tmp_path: Path) -> None:
    file = tmp_path / NAME
    command = [sys.executable, "-c", WRITER, str(file), "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        reading, counts = SqliteContents(file), []
        while len(counts) < 40 or counts[-1] < counts[0] + 50:
            names = reading.names(Path("results"))
            counts.append(len(names))
            number = int(Path(names[-1]).stem)
            assert reading.read(Path("results", names[-1])) == content_of(number)
        process.kill()
    reading.close()
    assert counts == sorted(counts)


def test_threads_may_write_at_once(tmp_path: Path) -> None:
    contents = SqliteContents(tmp_path / NAME)

    def write(thread: int) -> None:
        for number in range(100):
            contents.write(Path(f"results/{thread}-{number}.json"), content_of(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    contents.close()
    assert len(SqliteContents(tmp_path / NAME).names(Path("results"))) == 400


def test_who_only_reads_makes_no_file(tmp_path: Path) -> None:
    contents = SqliteContents(tmp_path / NAME)
    assert contents.names(Path("results")) == []
    with pytest.raises(FileNotFoundError):
        contents.read(RESULT)
    contents.close()
    assert list(tmp_path.iterdir()) == []


def test_there_is_never_a_write_ahead_log(tmp_path: Path) -> None:
    contents = SqliteContents(tmp_path / NAME)
    contents.write(RESULT, b"{}")
    contents.flush()
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    contents.close()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" * 1000])
def test_a_file_that_is_no_store_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    contents = SqliteContents(tmp_path / NAME)
    with pytest.raises(UnusableContentsError, match=r"course\.sqlite can't be read: .*backup"):
        contents.read(RESULT)
    contents.write(RESULT, b"{}")
    with pytest.raises(StoreError, match=r"course\.sqlite can't be written: "):
        contents.close()


def test_a_file_that_is_cut_off_is_said(tmp_path: Path) -> None:
    contents = SqliteContents(tmp_path / NAME)
    for number in range(50):
        contents.write(Path(f"results/{number}.json"), random.Random(number).randbytes(5000))
    contents.close()
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[: len(content) // 2])
    contents = SqliteContents(tmp_path / NAME)
    with pytest.raises(UnusableContentsError, match=r"course\.sqlite can't be read"):
        _ = [contents.read(Path(f"results/{number}.json")) for number in range(50)]


def test_one_damaged_content_is_no_reason_to_refuse_the_others(tmp_path: Path) -> None:
    contents = SqliteContents(tmp_path / NAME)
    contents.write(RESULT, b"{}" * 100)
    contents.write(Path("results/bo.json"), b"whole")
    contents.close()
    database = sqlite3.connect(tmp_path / NAME)
    with database:
        cut = "UPDATE contents SET content = substr(content, 1, 8) WHERE path = ?"
        database.execute(cut, (RESULT.as_posix(),))
    database.close()
    contents = SqliteContents(tmp_path / NAME)
    with pytest.raises(OSError, match="damaged"):
        contents.read(RESULT)
    assert contents.read(Path("results/bo.json")) == b"whole"
    contents.close()


def test_a_file_that_was_begun_and_not_written_is_empty(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    contents = SqliteContents(tmp_path / NAME)
    assert not contents.exists(RESULT)
    contents.write(RESULT, b"{}")
    contents.flush()
    assert contents.names(Path("results")) == ["ada.json"]
    contents.close()


def test_a_full_disk_is_said_and_keeps_what_was_there(tmp_path: Path) -> None:
    contents = SqliteContents(tmp_path / NAME)
    contents.write(RESULT, b"old")
    contents.flush()
    assert contents._connection is not None
    contents._connection.execute("PRAGMA max_page_count = 4")
    contents.write(RESULT, random.Random(1).randbytes(100_000))
    with pytest.raises(StoreError, match=r"full\. What was graded before is kept"):
        contents.flush()
    assert contents.read(RESULT) == b"old"
    contents.close()


def test_nothing_is_written_any_more_when_the_grading_is_over(tmp_path: Path) -> None:
    contents = SqliteContents(tmp_path / NAME)
    contents.close()
    with pytest.raises(StoreError, match="over"):
        contents.write(RESULT, b"{}")
