"""The red team against the run of the whole notebook: nobody is harmed, nothing is left."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from grader.examiner.endings import InterruptionError
from grader.examiner.forkserver_client import NestedForkServer, RootForkServer
from grader.examiner.notebook_run import RunOutcome, run_notebook
from grader.examiner.sandbox import RunLimits, RunOptions, Sandbox
from grader.submission.load import load
from grader.vae import ASSIGNMENT
from tests.redteam.attacks import Attack, attacks
from tests.redteam.guards import Canary, guarded

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only"),
]
SECONDS = 60.0
LIMITS = RunLimits(cell_seconds=6, seconds=15)
# What the checks would call, and the kernel has to call itself.
CALLS = """
vae = VAE(6, 2, 4)
mu = torch.zeros(7, 2)
vae.kl_divergence(mu, mu)
vae.decoder(mu)
vae.sample_with_reparam(mu, mu)
"""


@pytest.fixture(scope="module")
def kernels() -> Iterator[tuple[NestedForkServer, Path]]:
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        warm = RootForkServer(folder, "grader.candidate.worker")
        kernels = NestedForkServer(warm, "grader.candidate.kernel", ASSIGNMENT.kernel_module)
        wire, control = kernels.fork({})  # it fails, but not before the imports are done
        wire.recv(1)
        wire.close()
        control.close()
        yield kernels, Path(folder)
        kernels.close()
        warm.close()


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_attack_in_a_kernel_harms_nobody(
    attack: Attack, canary: Canary, kernels: tuple[NestedForkServer, Path], tmp_path: Path
) -> None:
    server, folder = kernels

    def run(path: Path) -> RunOutcome:
        sandbox = Sandbox(ASSIGNMENT, server, folder, RunOptions(limits=LIMITS))
        try:
            return run_notebook(load(path), sandbox)
        except InterruptionError as error:  # by its own doing, or it would say nothing
            if error.outcome is None:
                raise
            return error.outcome

    calling = replace(attack, cells=(*attack.cells, CALLS))
    started = time.monotonic()
    with guarded(calling, canary, tmp_path) as scene, ThreadPoolExecutor(2) as pool:
        attacking, honest = pool.submit(run, scene.hostile), pool.submit(run, scene.honest)
        outcome, neighbours = attacking.result(), honest.result()
    assert time.monotonic() - started < SECONDS
    assert outcome.run.status in ("completed", "failed", "timed_out", "killed")
    assert neighbours.run.status == "completed"
    assert not list(folder.glob("run-*"))
