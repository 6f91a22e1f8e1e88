"""The encoder as a network under test."""

from __future__ import annotations

import numpy as np

from grader.vae import expected, fixtures
from grader.vae.network_task import NetworkTask
from grader.vae.sizes import Sizes


def _grey_rows(rng: np.random.Generator, rows: int, sizes: Sizes) -> np.ndarray:
    """Return rows of 1/4 and 3/4, since those of zeros and ones may be alike by chance."""
    return (fixtures.binary_rows(rng, rows, sizes) + 0.5) / 2


NETWORK = NetworkTask(
    key=1,
    method="encoder",
    argument="x",
    results=("mu", "logsigma"),
    width=lambda sizes: sizes.latent,
    first="linear1",
    last=("linear21", "linear22"),
    before_output=expected.encoder,
    output=lambda head: head,
    gradients=expected.encoder_gradients,
    small=Sizes(11, 3, 7),
    square=Sizes(9, 6, 6),
    draw=fixtures.binary_rows,
    draw_distinct=_grey_rows,
)
