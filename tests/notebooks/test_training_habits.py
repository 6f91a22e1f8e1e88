"""Whole submissions with what people leave in a class while they train: right stays right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.report.result import Result
from tests.outcomes import Examine, grade_file, lost_checks
from tests.redteam.attacks import Attack, write_notebook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux")

HABITS = """
import os
from torch.utils.checkpoint import checkpoint
torch.set_default_dtype(torch.float64)
@torch.jit.script
def divergence(mu, logsigma):
    return 0.5 * (torch.exp(2 * logsigma) + mu**2 - 1 - 2 * logsigma).sum(1)
class VAE(Honest):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.opt = torch.optim.Adam(self.parameters())
        self.schedule = torch.optim.lr_scheduler.StepLR(self.opt, 10)
        self.log = open('log.txt', 'w')
    @torch.compile
    def encoder(self, x):
        return super(VAE, self).encoder(x)
    def sample_with_reparam(self, mu, logsigma):
        assert mu.requires_grad and logsigma.requires_grad
        z = super().sample_with_reparam(mu, logsigma)
        z.retain_grad()
        self.last = z
        return z
    def decoder(self, z):
        return checkpoint(super().decoder, z, use_reentrant=False)
    def kl_divergence(self, mu, logsigma):
        return divergence(mu, logsigma)
    def elbo(self, x):
        os.makedirs('checkpoints', exist_ok=True)
        torch.save(self.state_dict(), 'checkpoints/last.pt')
        with open('trace.txt', 'a') as file, torch.profiler.record_function('elbo'):
            print(x.mean(), file=file)
            with torch.autocast(device_type=x.device.type, dtype=torch.bfloat16):
                return super().elbo(x)
"""


@pytest.fixture(scope="module")
def candidates() -> Iterator[Candidates]:
    with Candidates() as candidates:
        yield candidates


def graded(source: str, folder: Path, rubric: Rubric, candidates: Candidates) -> Result:
    attack = Attack("made", "made.", {}, (source,), {}, ())
    return grade_file(write_notebook(attack, folder, {}), rubric, candidates)


def lost(result: Result) -> dict[str, float]:
    points = {task.id: task.max_points - task.points for task in result.tasks}
    return {task: lost for task, lost in points.items() if lost}


def test_habits_cost_nothing(candidates: Candidates, rubric: Rubric, tmp_path: Path) -> None:
    assert lost(graded(HABITS, tmp_path, rubric, candidates)) == {}


def test_an_error_costs_the_same_among_habits(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    wrong = "def divergence(mu, logsigma):\n    return 0.6 * "
    source = HABITS.replace("def divergence(mu, logsigma):\n    return 0.5 * ", wrong)
    plain = (
        "class VAE(Honest):\n    def kl_divergence(self, mu, logsigma):\n        return 0.6 * "
        "(torch.exp(2 * logsigma) + mu**2 - 1 - 2 * logsigma).sum(1)\n"
    )
    expected = lost(graded(plain, tmp_path, rubric, candidates))
    assert "kl" in expected
    assert lost(graded(source, tmp_path, rubric, candidates)) == expected


def test_what_a_check_refuses_is_not_told_as_an_error(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    source = """
import socket
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        socket.create_connection(('127.0.0.1', 9))
        return super().kl_divergence(mu, logsigma)
"""
    result = graded(source, tmp_path, rubric, candidates)
    assert lost(result) == {"kl": 5.0}
    (kl,) = (task for task in result.tasks if task.id == "kl")
    assert all("needs the network" in (check.message or "") for check in kl.checks)
    assert all("nothing about what the method computes" in (c.hint or "") for c in kl.checks)


@pytest.mark.parametrize("norm", ["nn.utils.weight_norm", "nn.utils.parametrizations.weight_norm"])
def test_layers_with_weight_norm_are_linear_layers(examine_notebook: Examine, norm: str) -> None:
    notebook = nbformat.read("reference/vae_solved.ipynb", 4)
    cell = next(cell for cell in notebook.cells if "class VAE" in cell.source)
    layer = next(line for line in cell.source.split("\n") if "self.linear4 = " in line)
    name, made = layer.split(" = ")
    cell.source = cell.source.replace(layer, f"{name} = {norm}({made})")
    assert lost_checks(examine_notebook(notebook)) == {}
