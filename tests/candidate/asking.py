"""Puts small classes, made of a right one, to candidates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from grader.examiner.client import Candidates
from grader.kit.observation import Failure
from grader.kit.probe import Call, Probe
from grader.submission import Slice, extract, load
from grader.vae import ASSIGNMENT, fixtures
from grader.vae.sizes import Sizes
from tests.redteam.attacks import Attack, write_notebook

SIZES = Sizes(6, 2, 4)
ROWS = np.zeros((3, 2), np.float32)
X = np.ones((3, 6), np.float32)
CALLS = (
    Call("encoder", {"x": X}),
    Call("sample_with_reparam", {"mu": ROWS, "logsigma": ROWS}, repeat=2),
    Call("decoder", {"z": ROWS}, (np.ones((3, 6)),), ("z",)),
    Call("kl_divergence", {"mu": ROWS, "logsigma": ROWS}, (np.ones(3),), ("mu", "logsigma")),
    Call("elbo", {"x": X}, (np.ones(3),)),
    Call("sample", {"num_samples": 3}),
)


def sliced(source: str, folder: Path) -> Slice:
    """The slice of a notebook with this cell, in which ``Honest`` is a right class."""
    return extract(
        load(write_notebook(Attack("made", "made.", {}, (source,), {}, ()), folder, {})), ASSIGNMENT
    )


def failures(
    candidates: Candidates, source: str, folder: Path, calls: tuple[Call, ...] = CALLS
) -> list[Failure]:
    """What fails of the calls, each of which is made in two probes of one candidate."""
    weights = fixtures.random_weights(np.random.default_rng(0), SIZES)
    probe = Probe(SIZES, weights, calls)
    found: list[Failure] = []
    for observation in candidates.ask((probe, probe), sliced(source, folder)):
        for outcome in observation.outcomes:
            failure = outcome if isinstance(outcome, Failure) else outcome.backward
            found += [] if failure is None else [failure]
    return found
