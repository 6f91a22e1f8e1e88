"""What the machine does to a run is not told as the notebook's doing, and the other way round."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from grader.assignment import Assignment
from grader.examiner import machine, training_run
from grader.examiner.forkserver_client import GraderError, RootForkServer
from grader.examiner.notebook_run import RunOutcome, run_notebook
from grader.examiner.pace import Pace
from grader.examiner.processes import ForkedProcess
from grader.examiner.runner import Runner
from grader.examiner.sandbox import RunOptions
from grader.protocol.limits import Limits
from grader.report.from_json import from_json
from grader.report.gradebook import flags
from grader.report.page import to_page
from grader.report.result import Run, Training
from grader.report.terminal import run_words
from grader.report.to_json import to_json
from grader.submission import Notebook, extract, load
from grader.vae import ASSIGNMENT
from tests.examiner.conftest import ROOT, SOLVED
from tests.made_results import METHODS, TITLE, entry, graded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no kernels")

Start = Callable[..., "Future[RunOutcome]"]
SLEEP = "import time; print('asleep', flush=True); time.sleep(2)"


class Bench:
    """A runner, the processes under its warm process, and its folder."""

    def __init__(self, warm: RootForkServer, folder: Path) -> None:
        self.warm, self.folder = warm, folder
        self.runner = Runner(warm, folder, ASSIGNMENT)

    def kernels(self) -> int:
        """The process that kernels are forked from: the first that the warm process forked."""
        return _children(self.warm._process.pid)[0]

    def wait_for_a_run(self) -> int:
        """The kernel of the run that is under way, once it executes."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for pid in _children(self.kernels()) if _children(self.warm._process.pid) else ():
                if list(self.folder.glob("run-*/home/ipython")) and "run-" in _cwd(pid):
                    time.sleep(0.7)  # it has listened and is at its cell
                    return pid
            time.sleep(0.02)
        raise TimeoutError


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _cwd(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One for all: what is killed in it is started anew."""
    with _new_bench() as found:
        yield found


@contextlib.contextmanager
def _new_bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        warm = RootForkServer(folder, "grader.candidate.worker")
        found = Bench(warm, Path(folder))
        with found.runner:
            yield found
        warm.close()


@pytest.fixture
def start(bench: Bench, tmp_path: Path) -> Start:
    """Start a notebook of these cells."""

    return lambda *cells: bench.runner.start_run(_notebook(tmp_path, *cells))


def _notebook(folder: Path, *cells: str) -> Notebook:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = folder / "submission.ipynb"
    path.write_text(json.dumps(node), encoding="utf-8")
    return load(path)


def is_left_open(outcome: RunOutcome) -> bool:
    """Whether the run is said to be the machine's doing, to be done again, with no place named."""
    error = outcome.run.error or ""
    assert str(ROOT) not in error
    assert "most likely" not in error
    return (
        outcome.run.status == "interrupted"
        and error.startswith("The machine interrupted the run of the notebook")
        and "again" in error
        and outcome.executed is None
    )


def test_kernels_whose_process_is_killed_are_started_anew(bench: Bench, start: Start) -> None:
    running = start(SLEEP, "print('done')")
    bench.wait_for_a_run()
    os.kill(bench.kernels(), signal.SIGKILL)
    assert running.result(60).run.status == "completed"
    assert start("1").result(60).run.status == "completed"
    assert (
        bench.runner.start_training(extract(load(SOLVED), ASSIGNMENT)).result(60).status
        == "completed"
    )


def test_a_kernel_that_is_killed_from_outside_runs_again(bench: Bench, start: Start) -> None:
    running = start(SLEEP)
    os.kill(bench.wait_for_a_run(), signal.SIGKILL)
    assert running.result(60).run.status == "completed"


def test_a_run_that_is_killed_with_all_else_each_time_is_left_open(
    bench: Bench, start: Start
) -> None:
    running = start(SLEEP)
    for _ in range(2):
        bench.wait_for_a_run()
        killed = bench.kernels()
        os.kill(killed, signal.SIGKILL)
        while _cwd(killed):
            time.sleep(0.01)
    assert is_left_open(running.result(60))


def test_without_the_warm_process_everything_is_left_open(tmp_path: Path) -> None:
    with _new_bench() as bench:
        bench.warm.close()
        assert is_left_open(bench.runner.start_run(_notebook(tmp_path, "1")).result(60))
        trained = bench.runner.start_training(extract(load(SOLVED), ASSIGNMENT)).result(60)
    assert trained.status == "interrupted"
    assert "The machine interrupted the training" in (trained.error or "")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", "it was killed"),
        ("import os; os.kill(os.getpid(), 15)", "it was ended by SIGTERM"),
        ("import os; os.abort()", "it aborted"),
        ("import os; os._exit(3)", "it left Python with exit status 3"),
        ("import ctypes; ctypes.string_at(0)", "it crashed with a segmentation fault"),
        ("f = open('f', 'wb')\nfor _ in range(100): f.write(bytes(1 << 20))", "too large"),
        (
            "for n in range(9): open(str(n), 'wb').write(bytes(60 << 20))\n"
            "import time; time.sleep(9)",
            "it put more than 256 MB into its folder",
        ),
    ],
    ids=["kill", "term", "abort", "exit", "segfault", "file", "folder"],
)
def test_what_a_notebook_does_to_itself_is_its_own(start: Start, end: str, words: str) -> None:
    run = start("1", end).result(60).run
    assert run.status in ("killed", "failed")
    assert run.cell == 2
    assert words in (run.error or "")


def test_a_notebook_at_its_own_limit_of_time_is_not_tried_again(
    bench: Bench, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = RunOptions(kernel_limits=Limits(cpu_seconds=2, memory_bytes=3 << 30))
    monkeypatch.setattr(bench.runner, "_sandbox", replace(bench.runner._sandbox, options=options))
    run = start("while True: pass").result(60).run
    assert run.error == "Cell 1 ended the kernel: it used more CPU time than is allowed."


@pytest.mark.parametrize(("megabytes", "status"), [(1, "interrupted"), (1100, "killed")])
def test_a_full_memory_is_only_its_fault_who_fills_it(
    start: Start, monkeypatch: pytest.MonkeyPatch, megabytes: int, status: str
) -> None:
    """The system says that it kills for memory; the kernel holds little of it, or much."""
    kills = iter(range(9))
    monkeypatch.setattr(machine, "killed_for_memory", lambda: next(kills))
    cell = f"held = b'x' * ({megabytes} << 20)\nimport os; os.kill(os.getpid(), 9)"
    assert start(cell).result(60).run.status == status


@pytest.mark.parametrize(
    "end",
    [
        "exit()\n'still here'",
        "quit",
        "import os; os._exit(0)",
        "import os; os.kill(os.getpid(), 9)",
        "get_ipython().ask_exit()",
        "from IPython import Application; Application.instance().kernel.do_shutdown(True)",
        "get_ipython().kernel.io_loop.stop()",
        "import asyncio; asyncio.get_running_loop().stop()",
    ],
    ids=["exit", "quit", "_exit", "kill", "ask", "shutdown", "stop", "asyncio"],
)
def test_the_cell_that_ended_the_kernel_is_named_each_time(start: Start, end: str) -> None:
    for _ in range(3):
        run = start("1", end, "2", "3").result(60).run
        assert (run.status, run.cell) == ("killed", 2), run
        assert (run.error or "").startswith("Cell 2 ended the kernel")


def test_what_is_printed_before_exit_is_kept(start: Start) -> None:
    executed = start("print('before'); exit()", "2").result(60).executed
    assert "before" in (executed or "")


def test_why_there_is_no_kernel_is_said(bench: Bench, tmp_path: Path) -> None:
    nowhere = replace(bench.runner._sandbox, options=RunOptions(data=tmp_path))
    with pytest.raises(GraderError, match=r"DataError: .* holds no train-images"):
        run_notebook(_notebook(tmp_path, "1"), nowhere)


def test_exit_at_the_very_end_is_no_failure(start: Start) -> None:
    run = start("1", "exit()", "").result(60).run
    assert (run.status, run.cell) == ("completed", None)


def test_a_folder_that_can_not_be_made_is_no_fault_of_the_notebook(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device", str(ROOT))

    for module, name in ((tempfile, "mkdtemp"), (shutil, "copy")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, full)
            outcome = start("1").result(60)
        assert is_left_open(outcome)
        assert "No space left on device" in (outcome.run.error or "")


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("open('f', 'wb').write(bytes(60 << 20))", "interrupted"),
        ("import torch\ntorch.save(torch.zeros(15 << 20), 'f')", "interrupted"),
        ("1 / 0", "failed"),
    ],
    ids=["write", "save", "other"],
)
def test_a_full_disk_is_no_fault_of_the_notebook(tmp_path: Path, cell: str, status: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        warm = RootForkServer(str(disk), "grader.candidate.worker")
        with Runner(warm, disk, ASSIGNMENT) as runner:
            outcome = runner.start_run(_notebook(tmp_path, cell)).result(60)
        warm.close()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert outcome.run.status == status


def test_a_training_that_is_killed_from_outside_is_done_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []
    ask = training_run._ask

    def killed_once(
        process: ForkedProcess, job: bytes, assignment: Assignment, pace: Pace
    ) -> Training:
        attempts.append(process)
        if len(attempts) == 1:
            process.wait_for_start()
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
        return ask(process, job, assignment, pace)

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(training_run, "_ask", killed_once)
    trained = bench.runner.start_training(extract(load(SOLVED), ASSIGNMENT)).result(60)
    assert trained.status == "completed"
    assert len(attempts) == 2


def test_what_was_interrupted_is_open_and_said() -> None:
    words = "The machine did it."
    run, trained = Run("interrupted", error=words), Training("interrupted", error=words)
    result = replace(graded(), run=run, training=trained)
    assert run_words(result) == [("Run", words), ("Training", words)]
    assert to_page(result, TITLE).count(words) == 2
    assert {"run interrupted", "training interrupted"} <= set(flags(entry(result)))
    assert not graded().is_open
    for one in (replace(graded(), run=run), replace(graded(), training=trained)):
        assert one.is_open
        assert from_json(to_json(one), METHODS) == one
