"""How soon a self-check answers: at first, against importing torch, and after each save."""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLVED = ROOT / "reference" / "vae_solved.ipynb"
TEMPLATE = ROOT / "student_template" / "vae.ipynb"
ROUNDS = 5
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def _seconds(*arguments: str) -> float:
    started = time.monotonic()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, env=ENVIRONMENT)
    assert done.returncode in (0, 1)
    return time.monotonic() - started


@pytest.mark.benchmark
@pytest.mark.parametrize("path", [SOLVED, TEMPLATE], ids=["solved", "template"])
def test_the_first_answer_takes_at_most_twice_as_long_as_importing_torch(path: Path) -> None:
    ratios = []
    for _ in range(ROUNDS):
        importing = _seconds("-c", "import torch")
        checking = _seconds("-m", "grader", "check", str(path))
        ratios.append(checking / importing)
        print(f"import torch {importing:.2f} s, check {checking:.2f} s, {ratios[-1]:.2f}")
    print(f"ratio: median {statistics.median(ratios):.2f} (at most 2.0)")


def _edited(method: str, number: int) -> str:
    """The solved notebook with one statement more in one method."""
    notebook = nbformat.read(SOLVED, 4)
    cell = next(cell for cell in notebook.cells if "class VAE" in cell.source)
    start = cell.source.index("# YOUR CODE HERE", cell.source.index(f"def {method}("))
    cell.source = f"{cell.source[:start]}unused = {number}\n        {cell.source[start:]}"
    return nbformat.writes(notebook)


@pytest.mark.benchmark
def test_an_answer_comes_within_a_second_of_the_save(tmp_path: Path) -> None:
    path = tmp_path / "vae.ipynb"
    path.write_text(SOLVED.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "grader", "check", "--watch", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        try:
            _until(process, b"Watching")
            time.sleep(1)
            for method in ("kl_divergence", "encoder", "sample_with_reparam", "elbo", "sample"):
                firsts, wholes = [], []
                for number in range(ROUNDS):
                    text = _edited(method, number)
                    started = time.monotonic()
                    path.write_text(text, encoding="utf-8")
                    said = _until(process, b"passed.", b"Next: ")
                    firsts.append(time.monotonic() - started)
                    if b"Next: " not in said:
                        _until(process, b"Next: ")
                    wholes.append(time.monotonic() - started)
                    time.sleep(0.3)
                print(
                    f"save of {method}: first words median {statistics.median(firsts):.2f} s, "
                    f"all median {statistics.median(wholes):.2f} s, "
                    f"worst {max(wholes):.2f} s (at most 1.0)"
                )
        finally:
            process.kill()


def _until(process: subprocess.Popen[bytes], *words: bytes) -> bytes:
    assert process.stdout is not None
    said, end = b"", time.monotonic() + 120
    while not any(word in said for word in words):
        assert select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))[0], said
        part = os.read(process.stdout.fileno(), 65536)
        assert part, said
        said += part
    return said
