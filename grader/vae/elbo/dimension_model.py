"""A model whose rows show the noise of each latent dimension."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.vae import expected, fixtures
from grader.vae.elbo.sum_model import BIAS, log_odds, show_sum
from grader.vae.expected import Bound
from grader.vae.sizes import Sizes

WIDE = 36
"""Latent dimensions of small models in which none of the assignment's is left out."""
_NARROW, _BROAD = -7.0, -0.5
"""Log standard deviations of a dimension that is hidden, and of one that is shown."""
_SURELY_NOT = -20.0


def dimensions(full: bool) -> int:
    """Return how many latent dimensions a model has in which all are looked at."""
    return fixtures.FULL.latent if full else WIDE


@dataclass(frozen=True)
class DimensionModel:
    """A model with one pixel that matters, whose log-odds are a sum of all of z's numbers.

    Each row has pixels that say which dimensions it shows: the posterior of the others is so narrow
    that they have as good as no noise. Rows that show one alternate with rows that show all. The
    pixels that say it are as likely to be 0 as 1.

    Attributes:
        full: whether it has the assignment's own sizes.
    """

    full: bool = False

    @property
    def latent(self) -> int:
        """Latent dimensions, ``L``."""
        return dimensions(self.full)

    @property
    def sizes(self) -> Sizes:
        """Units of its layers."""
        return fixtures.FULL if self.full else Sizes(1 + self.latent, self.latent, self.latent)

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """Weights and biases by layer."""
        weights = fixtures.zeros(self.sizes)
        shown = np.arange(self.latent)
        weights["linear1.weight"][shown, 1 + shown] = 1.0
        weights["linear21.bias"][:] = 0.25
        weights["linear22.weight"][shown, shown] = _BROAD - _NARROW
        weights["linear22.bias"][:] = _NARROW
        weights["linear4.bias"][1 + self.latent :] = _SURELY_NOT
        show_sum(weights, self.latent)
        return weights

    def batch(self, rows: int) -> np.ndarray:
        """Return rows ``[rows, D]`` that show one dimension after the other, or all."""
        x = np.zeros((rows, self.sizes.obs))
        x[:, 1 : 1 + self.latent] = self.shown(rows)
        x[::4, 0] = x[1::4, 0] = 1.0
        return x

    def shown(self, rows: int) -> np.ndarray:
        """Return which dimensions rows show, ``[rows, L]``: even ones one, odd ones all."""
        shown = np.ones((rows, self.latent), dtype=bool)
        shown[::2] = np.eye(self.latent, dtype=bool)[np.arange(len(shown[::2])) % self.latent]
        return shown

    def recovered(self, actual: np.ndarray, x: np.ndarray, bound: Bound) -> np.ndarray | None:
        """Return the summed noise ``[..., rows]`` behind bounds of rows, or None."""
        mu, logsigma = expected.encoder(self.weights, x, bound.encoder_hidden)
        likelihood = actual + bound.divergence.value(mu, logsigma) + np.log(2) * self.latent
        if not np.all(np.isfinite(likelihood) & (likelihood < 0)):
            return None
        centred = (log_odds(likelihood, x[:, 0]) - BIAS) * np.sqrt(self.latent) - mu.sum(-1)
        recovered: np.ndarray = centred / np.sqrt(np.sum(np.exp(2 * logsigma), axis=-1))
        return recovered
