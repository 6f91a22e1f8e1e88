"""Time of `grade FOLDER` for a submission, beside a loop of `jupyter execute` on the same ones.

pytest -m benchmark tests/benchmarks/test_course_throughput.py -s

SUBMISSIONS in the environment sets how many; the bars are for 40 or more, on an idle machine.
"""

from __future__ import annotations

import gzip
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from grader.run.digits import shipped_folder
from grader.run.surroundings import vae_utils_path

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).resolve().parents[2]
SUBMISSIONS = int(os.environ.get("SUBMISSIONS", "40"))
PEERS, BAR = 4, 8.0
"""How many submissions the loop executes, spread over the grading; and the ratio to reach."""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Real notebooks with slight differences, a folder a student, the data beside each."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for file in shipped_folder().glob("*.gz"):
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    for number in range(SUBMISSIONS):
        node = nbformat.read(ROOT / "reference" / "vae_solved.ipynb", as_version=4)
        for cell in node.cells:
            cell.source = cell.source.replace("device = 'cuda'\n", "device = 'cpu'\n", 1)
            if "class VAE" in cell.source:
                cell.source += f"\n# handed in by student {number}\n"
        folder = tmp_path / "in" / f"student_{number:03d}"
        folder.mkdir(parents=True)
        nbformat.write(node, folder / "vae.ipynb")
    return tmp_path


def _timed(command: list[str], folder: Path, path: str) -> float:
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return time.perf_counter() - started


def _jupyter(top: Path, number: int) -> float:
    folder = top / "peer" / str(number)
    (folder / "data" / "MNIST").mkdir(parents=True)
    (folder / "data" / "MNIST" / "raw").symlink_to(top / "raw")
    (folder / "vae_utils.py").write_bytes(vae_utils_path().read_bytes())
    # The peer's kernel gets the same help to import torchvision as ours.
    (folder / "sitecustomize.py").write_text(
        "from grader.candidate import torchvision_fix\ntorchvision_fix.install()\n", "utf-8"
    )
    source = top / "in" / f"student_{number:03d}" / "vae.ipynb"
    (folder / "vae.ipynb").write_bytes(source.read_bytes())
    command = [sys.executable, "-c", "from nbclient.cli import main; main()", "vae.ipynb"]
    return _timed(command, folder, f"{folder}{os.pathsep}{ROOT}")


def _grade(top: Path, name: str, *options: str) -> float:
    """Seconds a submission."""
    command = [sys.executable, "-m", "grader.cli", str(top / "in"), "--out", str(top / name)]
    return _timed([*command, *options], ROOT, str(ROOT)) / SUBMISSIONS


def test_a_course_beside_a_loop_of_jupyter_execute(course: Path) -> None:
    peers = [_jupyter(course, number) for number in range(PEERS // 2)]
    grading = _grade(course, "out")
    checks = _grade(course, "checks", "--no-run")
    peers += [_jupyter(course, number) for number in range(PEERS // 2, PEERS)]
    peer = statistics.median(peers)
    print(f"\njupyter execute {peer:.2f} s a submission")
    print(f"grade FOLDER {grading:.2f} s: {peer / grading:.1f} times as fast")
    print(f"grade FOLDER --no-run {checks:.2f} s: {peer / checks:.1f} times as fast")
    assert peer / grading >= BAR
