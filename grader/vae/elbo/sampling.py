"""Wrong draws of a method that draws inside `elbo`, told apart as `sample_with_reparam`'s are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from grader.kit.misconception import Catalogue, Names
from grader.vae.reparam import misconceptions as reparam

_TOLERANCE = 0.05
_NOTHING = 1e-3
"""Differences below this come of recovering the noise."""
_NAMES = (
    "log_variance",
    "variance_for_deviation",
    "exp_forgotten",
    "uniform_noise",
    "one_draw_for_dimensions",
    "fixed_seed",
)
_WHERE = {"fixed_seed": ""}
"""What comes before a title: a seed may be set in front of a call of `sample_with_reparam`."""
CATALOGUE: Catalogue = {
    f"drawn_with_{name}": replace(
        reparam.CATALOGUE[name],
        id=f"elbo.drawn_with_{name}",
        title=_WHERE.get(name, "in elbo's own draw of z, ") + reparam.CATALOGUE[name].title,
    )
    for name in _NAMES
}


@dataclass(frozen=True)
class RecoveredNoise:
    """Noise ``[calls, rows]`` over the right spread, and the posterior ``[rows]`` it belongs to.

    With several latent dimensions it is their sum, over the root of their number.
    """

    noise: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray
    latent: int


def by_draws(*batches: RecoveredNoise) -> Names:
    """Return what explains noise that is not standard normal; nothing where nothing does."""
    for batch in batches:
        if not np.any(np.ptp(batch.noise, axis=0) > _NOTHING):
            return ("drawn_with_fixed_seed",)
        if batch.latent > 1:
            # A number that all dimensions share adds up, where independent ones do not.
            excess = float(batch.noise.std()) / np.sqrt(batch.latent)
            if abs(excess - 1) < _TOLERANCE:
                return ("drawn_with_one_draw_for_dimensions",)
            continue
        residual = (batch.noise * np.exp(batch.logsigma))[..., None]
        mu, logsigma = (
            np.broadcast_to(part[:, None], residual.shape) for part in (batch.mu, batch.logsigma)
        )
        scores = (batch.noise / max(float(batch.noise.std()), 1e-9))[..., None]
        diagnosis = reparam.diagnose(scores, residual, mu, logsigma)
        names = dict.fromkeys((*diagnosis.scale, *diagnosis.normal))
        if names:
            inside = tuple(f"drawn_with_{name}" for name in names)
            return inside if all(name in CATALOGUE for name in inside) else ()
    return ()
