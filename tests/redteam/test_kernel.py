"""The red team against the run of the whole notebook: nobody is harmed, nothing is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from grader.examiner.notebook_run import RunOutcome
from grader.examiner.sandbox import RunLimits, RunOptions, Sandbox
from grader.vae import ASSIGNMENT
from tests.redteam.attacks import Attack, attacks
from tests.redteam.guards import Canary, guarded
from tests.warm_servers import Servers, run_undisturbed, warm_servers

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
def servers() -> Iterator[Servers]:
    with warm_servers() as servers:
        yield servers


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_attack_in_a_kernel_harms_nobody(
    attack: Attack, canary: Canary, servers: Servers, tmp_path: Path
) -> None:
    _, kernels, folder = servers

    def run(path: Path) -> RunOutcome:
        sandbox = Sandbox(ASSIGNMENT, kernels, folder, RunOptions(limits=LIMITS))
        return run_undisturbed(path, sandbox)

    calling = replace(attack, cells=(*attack.cells, CALLS))
    started = time.monotonic()
    with guarded(calling, canary, tmp_path) as scene, ThreadPoolExecutor(2) as pool:
        attacking, honest = pool.submit(run, scene.hostile), pool.submit(run, scene.honest)
        outcome, neighbours = attacking.result(), honest.result()
    assert time.monotonic() - started < SECONDS
    assert outcome.run.status in ("completed", "failed", "timed_out", "killed")
    assert neighbours.run.status == "completed"
    assert not list(folder.glob("run-*"))
