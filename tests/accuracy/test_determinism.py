"""One notebook gets the same points on every run, however and wherever it is graded."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from grader.examiner.client import Candidates
from grader.examiner.cpu_time import is_measured
from grader.examiner.patience import Patience
from grader.examiner.rubric import Rubric
from grader.vae.spec import TASK_IDS
from tests.accuracy.grade_class import Judge
from tests.accuracy.solutions import compose
from tests.machine_load import busy
from tests.variant_bank import Variant, load_variants, notebook_with

SLOW_STYLES = {"reparam": "loop_over_elements", "elbo": "everything_row_by_row"}

PIXEL_BY_PIXEL = Variant(
    "sample",
    "pixel_by_pixel",
    True,
    "draws each pixel in Python",
    """
def sample(self, num_samples):
    theta = self.decoder(torch.randn(num_samples, self.latent_dim))
    x = torch.zeros_like(theta)
    for i in range(theta.shape[0]):
        for j in range(theta.shape[1]):
            if torch.rand(1) < theta[i][j]:
                x[i][j] = 1
    return x
""".lstrip(),
)


def slowest() -> nbformat.NotebookNode:
    """A right notebook that draws number by number in Python."""
    chosen = [v for task in SLOW_STYLES for v in load_variants(task) if v.name == SLOW_STYLES[task]]
    assert len(chosen) == len(SLOW_STYLES)
    return notebook_with(*chosen, PIXEL_BY_PIXEL)


def in_double_precision(seed: int | None) -> nbformat.NotebookNode:
    """A right notebook whose tensors are float64 unless it says otherwise."""
    methods = [] if seed is None else [compose(task, seed) for task in ("encoder", "decoder", "kl")]
    notebook = notebook_with(*methods)
    notebook.cells[2:2] = [new_code_cell("torch.set_default_dtype(torch.float64)")]
    notebook.cells[2]["id"] = "double"
    return notebook


@pytest.fixture
def judge(candidates: Candidates, rubric: Rubric, tmp_path: Path) -> Judge:
    return Judge(candidates, rubric, tmp_path)


@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_models_in_double_precision_get_every_point(seed: int | None, judge: Judge) -> None:
    assert judge.lost(in_double_precision(seed)) == {}


def test_model_turned_to_double_gets_every_point(judge: Judge) -> None:
    notebook = notebook_with()
    (cell,) = (cell for cell in notebook.cells if "class VAE" in cell.source)
    last = "self.linear4 = nn.Linear(hidden_dim, obs_dim)\n"
    assert last in cell.source
    cell.source = cell.source.replace(last, f"{last}        self.double()\n")
    assert judge.lost(notebook) == {}


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_that_a_notebook_asks_for_change_nothing(threads: int, judge: Judge) -> None:
    notebook = notebook_with()
    notebook.cells[2:2] = [new_code_cell(f"torch.set_num_threads({threads})")]
    notebook.cells[2]["id"] = "threads"
    assert judge.lost(notebook) == {}


@pytest.mark.slow
def test_slow_right_solution_gets_every_point(judge: Judge) -> None:
    assert judge.lost(slowest()) == {}


@pytest.mark.slow
def test_slow_right_solution_gets_every_point_under_load(judge: Judge) -> None:
    with busy(2 * (os.cpu_count() or 1)):
        assert judge.lost(slowest()) == {}


def taking(seconds: float) -> nbformat.NotebookNode:
    """A notebook whose KL divergence is right and takes so much CPU time."""
    slow = Variant(
        "kl",
        "slow",
        True,
        "computes for a while",
        f"""
def kl_divergence(self, mu, logsigma):
    import time
    until = time.thread_time() + {seconds}
    while time.thread_time() < until:
        pass
    return (0.5 * (mu**2 + torch.exp(2 * logsigma) - 1) - logsigma).sum(-1)
""".lstrip(),
    )
    return notebook_with(slow)


@pytest.mark.slow
@pytest.mark.skipif(not is_measured(), reason="the system does not tell a process's own time")
@pytest.mark.parametrize(("seconds", "is_lost"), [(0.25, False), (4.0, True)])
def test_load_decides_no_points(
    seconds: float, is_lost: bool, rubric: Rubric, tmp_path: Path
) -> None:
    patience = Patience(call_seconds=1.0)
    with Candidates(patience=patience) as hasty:
        own = Judge(hasty, rubric, tmp_path)
        idle = own.lost(taking(seconds), frozenset(("kl",)))
        with busy(4 * (os.cpu_count() or 1)):
            loaded = own.lost(taking(seconds), frozenset(("kl",)))
    assert idle == loaded
    assert bool(idle) == is_lost


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_spawned_candidates_agree_with_forked_ones(
    seed: int, judge: Judge, rubric: Rubric, tmp_path: Path
) -> None:
    notebook = notebook_with(*(compose(task, seed) for task in TASK_IDS))
    with Candidates("spawn") as others:
        assert Judge(others, rubric, tmp_path).lost(notebook) == judge.lost(notebook) == {}
