"""Time, CPU time and memory of grading with a run, beside `jupyter execute` on the same notebook.

pytest -m benchmark tests/benchmarks/test_run_speed.py -s
"""

from __future__ import annotations

import compileall
import gzip
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest

from grader.assets import asset
from grader.composition import Options, make_grader
from grader.examiner.client import Candidates
from grader.examiner.forkserver_client import NestedForkServer
from grader.examiner.notebook_run import run_notebook
from grader.examiner.sandbox import Sandbox
from grader.submission.load import load
from grader.vae import ASSIGNMENT
from grader.vae.digits import shipped_folder

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 3
COLD, FURTHER, CPU, MEMORY = 0.6, 0.35, 1.3, 1.2e9


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Bytecode, as pip writes it for what it installs."""
    compileall.compile_dir(ROOT / "grader", quiet=2)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """The solved notebook on the CPU, with vae_utils and the same data beside it."""
    node = nbformat.read(ROOT / "reference" / "vae_solved.ipynb", as_version=4)
    for cell in node.cells:
        cell.source = cell.source.replace("device = 'cuda'\n", "device = 'cpu'\n", 1)
    nbformat.write(node, tmp_path / "vae.ipynb")
    (tmp_path / "vae_utils.py").write_bytes(asset("student_template/vae_utils.py").read_bytes())
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in shipped_folder().glob("*.gz"):
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    # The peer's kernel gets the same help to import torchvision as ours.
    (tmp_path / "sitecustomize.py").write_text(
        "from grader.candidate.patches import torchvision_fix\ntorchvision_fix.install()\n", "utf-8"
    )
    return tmp_path / "vae.ipynb"


def _timed(command: list[str], folder: Path, path: str) -> float:
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return time.perf_counter() - started


def _jupyter(notebook: Path) -> float:
    command = [sys.executable, "-c", "from nbclient.cli import main; main()", notebook.name]
    return _timed(command, notebook.parent, f"{notebook.parent}{os.pathsep}{ROOT}")


def _grade_command(notebook: Path) -> list[str]:
    return [sys.executable, "-c", "from grader.cli.main import main; main()", str(notebook)]


def _grade(notebook: Path) -> float:
    return _timed(_grade_command(notebook), ROOT, str(ROOT))


def _further(notebook: Path) -> list[float]:
    """Seconds for each further notebook in one process."""
    seconds = []
    with make_grader(Options()) as grader:
        for _ in range(1 + REPEATS):
            started = time.perf_counter()
            assert grader.grade(notebook).result.run.status == "completed"
            seconds.append(time.perf_counter() - started)
    return seconds[1:]


def test_wall_clock_beside_jupyter_execute(notebook: Path) -> None:
    peer, cold = [], []
    for _ in range(REPEATS):
        peer.append(_jupyter(notebook))
        cold.append(_grade(notebook))
    further = _further(notebook)
    base = statistics.median(peer)
    ratio, next_ratio = statistics.median(cold) / base, statistics.median(further) / base
    print(f"\njupyter execute {base:.2f} s; grade {statistics.median(cold):.2f} s: {ratio:.2f}")
    print(f"each further notebook {statistics.median(further):.2f} s: {next_ratio:.2f}")
    assert ratio <= COLD
    assert next_ratio <= FURTHER


def test_cpu_time_beside_the_statements_alone(notebook: Path) -> None:
    node = nbformat.read(notebook, as_version=4)
    node.cells.append(
        nbformat.v4.new_code_cell("import time\nprint('CPU', time.process_time())", id="cpu")
    )
    nbformat.write(node, notebook)
    alone, run = [], []
    with Candidates() as candidates:
        assert candidates.home.fork_server is not None
        kernels = NestedForkServer(
            candidates.home.fork_server, "grader.candidate.kernel", ASSIGNMENT.kernel_module
        )
        statements = NestedForkServer(kernels, "tests.benchmarks.statements")
        sandbox = Sandbox(ASSIGNMENT, kernels, candidates.home.folder)
        submission = load(notebook)
        for _ in range(1 + REPEATS):
            request = {"data": str(shipped_folder()), "notebook": str(notebook)}
            wire, control = statements.fork(request)
            alone.append(float(json.loads(wire.recv(100))))
            wire.close()
            control.close()
            started = time.process_time()
            outcome = run_notebook(submission, sandbox)
            ours = time.process_time() - started
            assert outcome.executed is not None
            last = nbformat.reads(outcome.executed, as_version=4).cells[-1].outputs[0].text
            run.append(ours + float(last.split()[1]))
        statements.close()
        kernels.close()
    ratio = statistics.median(run[1:]) / statistics.median(alone[1:])
    print(f"\nstatements {statistics.median(alone[1:]):.2f} CPU s; run {ratio:.2f} times that")
    assert ratio <= CPU


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_of_all_processes(notebook: Path) -> None:
    process = subprocess.Popen(
        _grade_command(notebook), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = [0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], _memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert process.wait(120) == 0
    done.set()
    watcher.join()
    print(f"\npeak memory {peak[0] / 1e9:.2f} GB")
    assert 0 < peak[0] <= MEMORY


def _memory(pid: int) -> int:
    """Bytes of a process and all below it; what they share is counted once."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                total = 1024 * int(line.split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return total
    return total + sum(_memory(int(child)) for child in children)
