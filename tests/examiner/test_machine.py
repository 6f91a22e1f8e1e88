"""What the machine does to a course is said in a sentence, kept as nobody's result, and undone."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from grader.composition import Options
from grader.course import command as course_command
from grader.course import work
from grader.course.command import Course
from grader.course.options import CourseOptions
from grader.examiner import machine
from grader.examiner.notebook_run import RunOutcome
from grader.examiner.runner import Runner
from grader.protocol import limits
from grader.report.result import Run, Training
from tests.course.courses import (
    ROOT,
    command,
    grade,
    gradebook,
    handed_in,
    results,
    wait_for_results,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no candidates")

Undisturbed = tuple[Path, Path]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A course, which no test changes, and its grading without a run."""
    top = tmp_path_factory.mktemp("course")
    handed = handed_in(top / "in", ["right", "wrong_elbo", "right", "right"])
    done = grade(handed, top / "out", "--no-run")
    assert done.returncode == 0, done.stderr
    return handed, top / "out"


@pytest.fixture
def course(tmp_path: Path) -> tuple[Path, Path]:
    """A course of one's own, and where its grading goes."""
    return handed_in(tmp_path / "in", ["right"] * 4), tmp_path / "out"


def heed_hangups() -> None:
    """Undo what ``nohup`` does to the tests and all that they start."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def begin(handed: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start grading, and wait until the first result is there."""
    process = subprocess.Popen(
        command(handed, out, "--jobs", "1", *options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=heed_hangups,
    )
    wait_for_results(out, 1, process)
    assert process.poll() is None
    return process


def children(pid: int) -> list[int]:
    """The processes that a process started, oldest first."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def test_files_that_changed_meanwhile_are_graded_again_once_they_are_back(
    course: tuple[Path, Path],
) -> None:
    handed, out = course
    names = ["student_001", "student_002", "student_003"]
    files = [handed / name / "vae.ipynb" for name in names]
    whole = [file.read_bytes() for file in files]
    process = begin(handed, out, "--no-run")
    files[2].write_bytes(whole[2][:5000])
    files[1].unlink()
    files[0].write_text('{"cells": []}')
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert b"Traceback" not in errors
    disturbed = results(out)
    assert [disturbed[name]["status"] for name in names[1:]] == ["ungradable"] * 2
    for file, content in zip(files, whole, strict=True):
        file.write_bytes(content)
    assert grade(handed, out, "--no-run").returncode == 0
    assert {one["points"] for one in results(out).values()} == {60.0}


def test_what_is_graded_is_what_the_fingerprint_is_of(course: tuple[Path, Path]) -> None:
    """A file that is changed before it is graded, and stays so, isn't graded again."""
    handed, out = course
    process = begin(handed, out, "--no-run")
    other = (handed / "student_001" / "vae.ipynb").read_bytes()
    (handed / "student_003" / "vae.ipynb").write_bytes(other)
    process.communicate(timeout=120)
    assert "4 of 4 are graded already" in grade(handed, out, "--no-run").stderr


def test_what_could_not_be_read_is_never_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed, out = handed_in(tmp_path / "in", ["right"]), tmp_path / "out"
    everything = Course(handed, CourseOptions(out=out), Options(run=False))
    with monkeypatch.context() as patch:
        patch.setattr(work, "content_of", lambda _: None)
        course_command.run(everything)
        path = out / "results" / "student_000.json"
        before = path.stat().st_mtime_ns
        course_command.run(everything)
        assert path.stat().st_mtime_ns > before


def test_what_was_deleted_is_made_again(tmp_path: Path) -> None:
    handed, out = handed_in(tmp_path / "in", ["right"] * 3), tmp_path / "out"
    grade(handed, out)
    page = out / "report" / "students" / "student_001.html"
    executed = out / "executed" / "student_002.ipynb"
    before = results(out)
    page.unlink()
    executed.unlink()
    done = grade(handed, out)
    assert "1 of 3 are graded already" in done.stderr
    assert page.is_file()
    assert executed.is_file()
    assert results(out) == before


def test_a_damaged_result_is_graded_again(undisturbed: Undisturbed) -> None:
    handed, out = undisturbed
    path = out / "results" / "student_000.json"
    path.write_bytes(path.read_bytes()[:500])
    done = grade(handed, out, "--no-run")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "3 of 4 are graded already" in done.stderr
    assert results(out)["student_000"]["points"] == 60.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_that_ask_for_an_end(
    undisturbed: Undisturbed, tmp_path: Path, number: signal.Signals
) -> None:
    handed, out = undisturbed[0], tmp_path / "out"
    process = begin(handed, out, "--no-run")
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    told = errors.decode().splitlines()
    assert told[-1].startswith("Stopped. ")
    assert told[-1].endswith("run the same command again to go on.")
    assert b"Traceback" not in errors
    assert sorted(path.name for path in out.rglob(".*")) == [".lock", ".lock-history"]
    grade(handed, out, "--no-run")
    assert results(out) == results(undisturbed[1])


def test_an_ignored_signal_stays_ignored(undisturbed: Undisturbed, tmp_path: Path) -> None:
    handed, out = undisturbed[0], tmp_path / "out"
    line = f"trap '' HUP; exec {' '.join(command(handed, out, '--no-run'))}"
    process = subprocess.Popen(["sh", "-c", line], stderr=subprocess.PIPE, cwd=ROOT)
    wait_for_results(out, 1, process)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_dead_warm_process_is_nobodys_result(undisturbed: Undisturbed, tmp_path: Path) -> None:
    handed, out = undisturbed[0], tmp_path / "out"
    process = begin(handed, out, "--no-run")
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    assert b"Broken pipe" not in errors
    assert {one["points"] for one in results(out).values()} <= {60.0, 45.0}
    if process.returncode:  # it goes on, or stops in one sentence
        assert errors.decode().splitlines()[-1].startswith("Not finished: the process that")
    assert grade(handed, out, "--no-run").returncode == 0
    assert results(out) == results(undisturbed[1])


def test_a_dead_process_of_kernels_is_nobodys_result(tmp_path: Path) -> None:
    handed, out = handed_in(tmp_path / "in", ["right"] * 3), tmp_path / "out"
    process = begin(handed, out)
    warm = children(process.pid)[0]
    os.kill(children(warm)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    for one in results(out).values():
        assert (one["run"]["error"], one["training"]["error"]) == (None, None)
    assert process.returncode == 0, errors
    for one in results(out).values():
        assert (one["run"]["status"], one["training"]["status"]) == ("completed", "completed")


@pytest.fixture
def interrupting(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Every run and training is interrupted until the patch is undone."""

    def done(result: RunOutcome | Training) -> Callable[..., Future[RunOutcome | Training]]:
        future: Future[RunOutcome | Training] = Future()
        future.set_result(result)
        return lambda *_: future

    run = RunOutcome(Run("interrupted", error="The machine did it."))
    with monkeypatch.context() as patch:
        patch.setattr(Runner, "start_run", done(run))
        patch.setattr(Runner, "start_training", done(Training("interrupted")))
        yield patch


def test_an_interrupted_run_is_open_and_done_again(
    tmp_path: Path, interrupting: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    handed, out = handed_in(tmp_path / "in", ["right"]), tmp_path / "out"
    everything = Course(handed, CourseOptions(out=out), Options())
    assert course_command.run(everything) == 1
    said = capsys.readouterr()
    assert "machine interrupted" in said.err
    assert "The machine interrupted the run or the training of 1: student_000." in said.out
    row = gradebook(out)["student_000"]
    assert (row["points"], row["flags"]) == ("60", "run interrupted; training interrupted")
    interrupting.undo()
    assert course_command.run(everything) == 0
    assert results(out)["student_000"]["run"]["status"] == "completed"
    assert gradebook(out)["student_000"]["flags"] == ""


def test_points_that_hang_on_an_interrupted_training_are_open(
    tmp_path: Path, interrupting: pytest.MonkeyPatch
) -> None:
    handed, out = handed_in(tmp_path / "in", ["right"]), tmp_path / "out"
    rubric = tmp_path / "rubric.yaml"
    text = (ROOT / "rubric.yaml").read_text(encoding="utf-8")
    rubric.write_text(text.replace("loss_falls: advice", "loss_falls: 5"), encoding="utf-8")
    assert course_command.run(Course(handed, CourseOptions(out=out), Options(rubric))) == 1
    assert results(out)["student_000"]["status"] == "grader_error"
    assert gradebook(out)["student_000"]["points"] == ""


def limited(limit: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`grade` under a limit of the shell's."""
    line = f"ulimit {limit}; exec {sys.executable} -m grader {' '.join(arguments)}"
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, cwd=ROOT, timeout=120
    )


@pytest.mark.parametrize("limit", ["-n 64", "-n 40", "-v 400000", "-v 1000000", "-t 3"])
@pytest.mark.parametrize("single", [True, False], ids=["notebook", "course"])
def test_too_little_is_said_before_anything_is_graded(
    undisturbed: Undisturbed, tmp_path: Path, limit: str, single: bool
) -> None:
    handed = undisturbed[0]
    if single:
        done = limited(limit, str(handed / "student_000" / "vae.ipynb"))
    else:
        done = limited(limit, str(handed), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("Nothing was graded: A process may ")
    assert f"(ulimit {limit[:2]})" in sentence
    assert not (tmp_path / "out").exists()


def test_checks_alone_need_less(undisturbed: Undisturbed, tmp_path: Path) -> None:
    done = limited("-n 64", str(undisturbed[0]), "--out", str(tmp_path / "out"), "--no-run")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_soft_limits_are_raised(undisturbed: Undisturbed, tmp_path: Path) -> None:
    done = limited("-S -n 40", str(undisturbed[0]), "--out", str(tmp_path / "out"), "--no-run")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


@pytest.mark.parametrize(("files", "jobs"), [(256, 5), (1024, 24), (4096, 40)])
def test_few_descriptors_make_fewer_jobs(files: int, jobs: int) -> None:
    line = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, {files})); "
        "from grader.examiner import machine; print(machine.fitting(40, True))"
    )
    assert subprocess.check_output([sys.executable, "-c", line], text=True) == f"{jobs}\n"


def test_few_processes_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a user who is not root; his other programs count."""
    allowed = {resource.RLIMIT_NPROC: 1000}
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(limits, "threads_now", lambda: 700)
    monkeypatch.setattr(machine, "_limit", lambda kind: allowed.get(kind, 1 << 40))
    assert machine.fitting(40, True) == 5
    monkeypatch.setattr(limits, "threads_now", lambda: 990)
    with pytest.raises(machine.TooLittleError, match=r"1000 .*\(ulimit -u\).* 990 .* takes 144"):
        machine.get_ready(run=True)


def test_no_room_for_temporary_files_is_said(undisturbed: Undisturbed, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        done = subprocess.run(
            command(undisturbed[0], tmp_path / "out"),
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(disk)},
        )
    finally:
        time.sleep(0.1)
        subprocess.run(["umount", str(disk)], check=True)
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"Nothing was graded: The disk of {disk} has room for 0 MB")
