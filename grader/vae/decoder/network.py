"""The decoder as a network under test."""

from __future__ import annotations

import numpy as np

from grader.vae import expected, fixtures
from grader.vae.network_task import NetworkTask
from grader.vae.sizes import Sizes


def _normal_rows(rng: np.random.Generator, rows: int, sizes: Sizes) -> np.ndarray:
    return fixtures.normal(rng, rows, sizes.latent)


def _gradients(w: expected.Weights, z: np.ndarray, outer: np.ndarray) -> expected.Gradients:
    """Return gradients of ``sum(outer * theta)``, ``outer [B, D]``."""
    theta = expected.decoder(w, z)
    return expected.decoder_gradients(w, z, outer * theta * (1 - theta))


NETWORK = NetworkTask(
    key=3,
    method="decoder",
    argument="z",
    results=("theta",),
    width=lambda sizes: sizes.obs,
    first="linear3",
    last=("linear4",),
    before_output=lambda weights, z: (expected.logits(weights, z),),
    output=expected.expit,
    gradients=_gradients,
    small=Sizes(11, 3, 7),
    square=Sizes(6, 4, 6),
    draw=_normal_rows,
    draw_distinct=_normal_rows,
    differentiate=("z",),
)
