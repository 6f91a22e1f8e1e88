"""Wrong draws of a method that draws inside `elbo`, told apart as `sample_with_reparam`'s are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from grader.kit.misconception import Misconception
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
_OF_REPARAM = {error.id.split(".")[1]: error for error in reparam.MISCONCEPTIONS}
_INSIDE = {
    f"reparam.{name}": replace(
        _OF_REPARAM[name],
        id=f"elbo.drawn_with_{name}",
        title=f"in elbo's own draw of z, {_OF_REPARAM[name].title}",
    )
    for name in _NAMES
}
_DIMENSIONS = _INSIDE["reparam.one_draw_for_dimensions"]
_SEED = _INSIDE["reparam.fixed_seed"]

MISCONCEPTIONS = tuple(_INSIDE.values())


@dataclass(frozen=True)
class Draws:
    """Noise ``[calls, rows]`` over the right spread, and the posterior ``[rows]`` it belongs to.

    With several latent dimensions it is their sum, over the root of their number.
    """

    noise: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray
    latent: int


def of_draws(*lots: Draws) -> tuple[Misconception, ...]:
    """What explains noise that is not standard normal; nothing where nothing does."""
    for lot in lots:
        if not np.any(np.ptp(lot.noise, axis=0) > _NOTHING):
            return (_SEED,)
        if lot.latent > 1:
            # A number that all dimensions share adds up, where independent ones do not.
            excess = float(lot.noise.std()) / np.sqrt(lot.latent)
            if abs(excess - 1) < _TOLERANCE:
                return (_DIMENSIONS,)
            continue
        residual = (lot.noise * np.exp(lot.logsigma))[..., None]
        mu, logsigma = (
            np.broadcast_to(part[:, None], residual.shape) for part in (lot.mu, lot.logsigma)
        )
        scores = (lot.noise / max(float(lot.noise.std()), 1e-9))[..., None]
        found = reparam.diagnose(scores, residual, mu, logsigma)
        errors = dict.fromkeys((*found.scale, *found.normal))
        known = tuple(_INSIDE[error.id] for error in errors if error.id in _INSIDE)
        if errors:
            return known if len(known) == len(errors) else ()
    return ()


def repeated() -> tuple[Misconception, ...]:
    """What is behind two calls that give the same."""
    return (_SEED,)
