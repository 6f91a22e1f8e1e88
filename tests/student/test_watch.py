"""Watching a notebook: half-written files, renames, errors, and Ctrl-C."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.grading import Graded, Grader
from grader.examiner.rubric import Rubric
from grader.student import watch
from grader.student.watch import Watcher
from grader.vae import ASSIGNMENT
from tests.outcomes import ROOT
from tests.student.student_notebooks import UNWRITTEN, WRONG_KL, text_with, write

Saves = Iterator[None]
ERASED = "\r\033[K"
"""What takes the line about waiting away."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "vae.ipynb", kl_divergence=WRONG_KL)


@pytest.fixture
def follow(
    path: Path, candidates: Candidates, rubric: Rubric, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], Saves]], tuple[str, list[Graded]]]:
    """Watch the file while a generator saves it; what was said, and what was published."""
    monkeypatch.setattr(watch, "SETTLE_SECONDS", 0.1)

    def run(edits: Callable[[], Saves]) -> tuple[str, list[Graded]]:
        said: list[str] = []
        published: list[Graded] = []
        grade = Grader(ASSIGNMENT, candidates, rubric).grade
        Watcher(path, grade, said.append, published.append).follow(edits())
        return "".join(said), published

    return run


def test_a_save_says_what_changed(path: Path, follow: Callable[..., tuple[str, list]]) -> None:
    def edits() -> Saves:
        write(path)
        yield

    said, published = follow(edits)
    first, _, change = said.partition("Watching vae.ipynb")
    assert "KL divergence" in first
    assert "saved: 60 of 60 points, " in change
    assert "  KL divergence: 5 of 5, " in change
    assert "up; done." in change
    assert "Encoder" not in change
    assert [graded.result.points for graded in published][1:] == [60]


def test_a_broken_file_keeps_the_last_result(
    path: Path, follow: Callable[..., tuple[str, list]]
) -> None:
    whole = text_with(kl_divergence=WRONG_KL)

    def edits() -> Saves:
        path.write_text(whole[:2000])
        yield
        path.unlink()
        yield
        path.write_text(text_with(encoder="return ("))
        yield
        path.write_text(whole)
        yield

    said, published = follow(edits)
    reports = re.split("(?:saved|gone): ", said.split("Watching vae.ipynb")[1])[1:]
    assert said.count("gone: ") == 1
    assert all(len(line) <= 80 for line in said.splitlines())
    assert "broke off" in reports[0]
    assert "no such file" in reports[1]
    assert "syntax error" in reports[2]
    assert all("The last result stays: " in report for report in reports[:3])
    assert "No task changed." in reports[3]
    assert len(published) == 2


def test_a_file_that_is_written_in_the_meantime_is_read_whole(
    path: Path, follow: Callable[..., tuple[str, list]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = text_with()
    monkeypatch.setattr(watch.time, "sleep", lambda _: path.write_text(whole))

    def edits() -> Saves:
        path.write_text(whole[:5000])
        yield

    said, _ = follow(edits)
    assert "JSON" not in said
    assert "60 of 60 points" in said


def test_the_same_content_is_not_reported_again(
    path: Path, follow: Callable[..., tuple[str, list]]
) -> None:
    def edits() -> Saves:
        path.write_bytes(path.read_bytes())
        yield

    said, published = follow(edits)
    assert "saved:" not in said
    assert len(published) == 1


def test_ctrl_c_ends_it_quietly(path: Path, follow: Callable[..., tuple[str, list]]) -> None:
    def edits() -> Saves:
        yield
        raise KeyboardInterrupt

    said, _ = follow(edits)
    assert said.endswith("Stopped watching.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_the_command_sees_a_rename_and_ends_by_a_signal(path: Path) -> None:
    command = [sys.executable, "-m", "grader", "check", "--watch", path.name]
    with subprocess.Popen(
        command,
        cwd=path.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        said = process.stdout.fileno()
        try:
            assert "to correct" in read_until(said, "Watching vae.ipynb")
            other = write(path.with_name(".vae.ipynb.swp"), sample=UNWRITTEN)
            os.replace(other, path)
            change = read_until(said, "Next: ")
            assert "KL divergence: 5 of 5" in change
            assert "Generating: 0 of 10, 10 points down; not yet." in change
            process.send_signal(signal.SIGINT)
            assert "Stopped watching." in read_until(said, "Stopped watching.")
            assert process.wait(20) == 1
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_what_a_narrow_terminal_shows_is_folded(path: Path) -> None:
    import pty

    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:2000], encoding="utf-8")
    said, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "grader", "check", "--watch", path.name],
        cwd=path.parent,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "50"},
    ) as process:
        try:
            text = read_until(said, "to end.")
            path.write_text(whole[:1000], encoding="utf-8")
            text += read_until(said, "no earlier result.")
            path.unlink()
            text += read_until(said, "no earlier result.")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 1
        finally:
            process.kill()
            os.close(said)
            os.close(theirs)
    lines = [line.rpartition(ERASED)[2] for line in text.splitlines()]
    assert {" ".join(line.split()[1:3]) for line in lines} >= {"saved: can't", "gone: can't"}
    assert max(map(len, lines)) <= 50


def read_until(said: int, words: str, seconds: float = 90) -> str:
    """What a process says up to some words, by the descriptor of what it writes to."""
    read, end = b"", time.monotonic() + seconds
    while words.encode() not in read:
        left = end - time.monotonic()
        assert left > 0, read.decode()
        if select.select([said], [], [], left)[0]:
            part = os.read(said, 65536)
            assert part, read.decode()
            read += part
    return read.decode()
