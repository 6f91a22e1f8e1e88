"""Grades four notebooks with training on a GPU, confined and not: see ``check.sh``."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import torch

from grader.composition import Options, make_grader
from grader.examiner import training_run
from grader.examiner.processes import SpawnedProcess
from grader.protocol.devices import cuda_devices
from grader.report.result import Result

SOLVED = Path(__file__).parents[2] / "reference" / "vae_solved.ipynb"
FIRST_OF_ELBO = "mu, logsigma = self.encoder(x)"
NOTEBOOKS = {
    "reference": "",
    "hard-wired": "x = x.to('cuda'); self.cuda(); torch.randn(2, device='cuda:0')",
    "out of memory": "x.is_cuda and torch.empty(1 << 42, dtype=torch.uint8, device=x.device)",
    "spins": "y = x @ x.T\n        while x.is_cuda: y = torch.tanh(y @ y)",
    "reference, again": "",
}
"""What stands before the first line of ``elbo``. On a CPU none of it does harm."""
NO_GPU = "--no-gpu"


def main() -> int:
    """Grade all, print what came, and return how many were not as they should be."""
    gpu = NO_GPU not in sys.argv
    if gpu and not (cuda_devices() and torch.cuda.is_available()):
        print(f"No GPU can be used here; {NO_GPU} tries the script without one.")
        return 1
    card = torch.cuda.get_device_name() if gpu else "none"
    print(f"GPU {card}; torch {torch.__version__}; Python {platform.python_version()}")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, line in NOTEBOOKS.items():
            path = Path(folder) / f"{name}.ipynb"
            _write(path, line)
            for confined in (True, False):
                wrong += not _graded(path, gpu, confined)
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        wrong += not _graded(Path(folder) / "reference.ipynb", False, True)
    print("All as it should be." if not wrong else f"{wrong} not as they should be.")
    return wrong


def _write(path: Path, line: str) -> None:
    """The reference with a line more in its ELBO."""
    node = nbformat.read(SOLVED, as_version=4)
    if line:
        for cell in node.cells:
            new = f"{line}\n        {FIRST_OF_ELBO}"
            cell.source = cell.source.replace(FIRST_OF_ELBO, new)
    nbformat.write(node, path)


def _graded(path: Path, gpu: bool, confined: bool) -> bool:
    """Grade a notebook, print what came, and say whether it is as it should be."""
    module = "grader.candidate.trainer" if confined else "tests.cuda.unconfined"
    training_module: Any = training_run
    training_module.SpawnedProcess = partial(_spawn, module)
    # Without a GPU its trainer is tried all the same, and finds that there is none.
    training_module.cuda_devices = lambda: ("a device",)
    started = time.monotonic()
    with make_grader(Options()) as grader:
        result = grader.grade(path).result
    right = _is_right(result, path.stem, gpu)
    _print(result, path.stem, confined, time.monotonic() - started, right)
    return right


def _spawn(module: str, _: str, *rest: Any, **named: Any) -> SpawnedProcess:
    return SpawnedProcess(module, *rest, **named)


def _is_right(result: Result, name: str, gpu: bool) -> bool:
    came = result.training
    if result.points != result.max_points:
        return False
    if gpu and name == "spins":
        return came.status == "timed_out"
    on_gpu = gpu and name != "out of memory"
    told = any("out of memory" in note for note in came.notes) == (gpu and not on_gpu)
    return came.fell is True and came.device == ("cuda" if on_gpu else "cpu") and told


def _print(result: Result, name: str, confined: bool, seconds: float, right: bool) -> None:
    came = result.training
    speed = came.steps_per_second
    steps = f"{came.steps} steps in {came.steps / speed:.2f} s" if speed else "no steps"
    print(
        f"{'ok   ' if right else 'WRONG'} {name}, {'confined' if confined else 'not confined'}: "
        f"{result.points:g} points in {seconds:.1f} s; training {came.status} on {came.device}, "
        f"{steps}, loss {came.first_loss} to {came.last_loss}"
    )
    for text in (came.error, *came.notes):
        if text:
            print(f"      {text}")
    if confined:
        print(f"      layers: {', '.join(result.environment['confinement']) or 'none'}")


if __name__ == "__main__":
    sys.exit(main())
