"""How long grading one notebook takes, against importing torch on the same machine just now."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
import pytest

from grader.examiner.client import Candidates
from grader.examiner.examination import examine
from grader.examiner.rubric import Rubric
from grader.submission import extract, load
from grader.vae import ASSIGNMENT

SOLVED = Path(__file__).resolve().parents[2] / "reference" / "vae_solved.ipynb"
ROUNDS = 5

_GRADE = f"""
import resource, sys
from grader.cli.main import main
try:
    main([{str(SOLVED)!r}, "--no-run"])
except SystemExit as error:
    status = error.code
print("examiner", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, status)
"""


def _seconds(*command: str) -> tuple[float, str]:
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.monotonic() - started, done.stdout


@pytest.mark.benchmark
def test_grading_takes_at_most_twice_as_long_as_importing_torch() -> None:
    ratios, peak = [], 0
    for _ in range(ROUNDS):
        importing, _ = _seconds(sys.executable, "-c", "import torch")
        grading, output = _seconds(sys.executable, "-c", _GRADE)
        words = output.split("examiner")[1].split()
        assert words[1] == "0"
        peak = max(peak, int(words[0]))
        ratios.append(grading / importing)
        print(f"import torch {importing:.2f} s, grade --no-run {grading:.2f} s, {ratios[-1]:.2f}")
    print(f"ratio: median {statistics.median(ratios):.2f} (at most 2.0)")
    print(f"peak memory of the examiner: {peak / 1024:.0f} MB (at most 600)")
    assert peak < 600 * 1024


@pytest.mark.benchmark
def test_all_checks_take_at_most_a_second_and_a_half(
    candidates: Candidates, rubric: Rubric
) -> None:
    code = extract(load(SOLVED), ASSIGNMENT)
    ask = partial(candidates.ask, code=code)
    examine(code, rubric, ASSIGNMENT, ask)
    times = []
    for _ in range(ROUNDS):
        started = time.monotonic()
        tasks = examine(code, rubric, ASSIGNMENT, ask)
        times.append(time.monotonic() - started)
        assert sum(task.points for task in tasks) == 60
    listed = ", ".join(f"{t:.2f}" for t in times)
    print(f"all checks: median {statistics.median(times):.2f} s of {listed} (at most 1.5)")


@pytest.mark.benchmark
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.linear1(x)", "self.linear1(x.view(-1, 784))"),
        ("torch.randn_like(mu)", "torch.randn(len(mu), 32)"),
        ("torch.randn(num_samples, self.latent_dim", "torch.randn(num_samples, 32"),
    ],
    ids=["encoder", "reparam", "sample"],
)
def test_sizes_as_numbers_take_at_most_three_times_as_long(
    old: str, new: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    """They are asked again at the assignment's sizes, as are the methods that call them."""
    notebook = nbformat.read(SOLVED, 4)
    (cell,) = (cell for cell in notebook.cells if "class VAE" in cell.source)
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, tmp_path / "vae.ipynb")
    codes = [extract(load(path), ASSIGNMENT) for path in (SOLVED, tmp_path / "vae.ipynb")]
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS + 1):
        for code, own in zip(codes, times, strict=True):
            started = time.monotonic()
            tasks = examine(code, rubric, ASSIGNMENT, partial(candidates.ask, code=code))
            own.append(time.monotonic() - started)
            assert sum(task.points for task in tasks) == 60
    right, numbers = (statistics.median(own[1:]) for own in times)
    print(
        f"all checks: {right:.2f} s, with sizes as numbers {numbers:.2f} s, {numbers / right:.1f}"
    )


@pytest.mark.benchmark
def test_help_comes_at_once() -> None:
    times = [_seconds(sys.executable, "-m", "grader", "--help")[0] for _ in range(ROUNDS)]
    print(f"grade --help: median {statistics.median(times):.2f} s (at most 0.3)")
