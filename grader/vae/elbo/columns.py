"""A model whose rows show the noise of each latent dimension."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grader.vae import expected, fixtures
from grader.vae.expected import Bound
from grader.vae.sizes import Sizes

WIDE = 36
"""Latent dimensions of small models in which none of the assignment's is left out."""
_NARROW, _BROAD = -7.0, -0.5
"""Log standard deviations of a dimension that is hidden, and of one that is shown."""
_OFFSET = 20.0
"""Makes hidden units positive, so that ReLU and stub are the same function."""
_SURELY_NOT = -20.0
_BIAS = 0.2


def dimensions(full: bool) -> int:
    """Return how many latent dimensions a model has in which all are looked at."""
    return fixtures.FULL.latent if full else WIDE


@dataclass(frozen=True)
class Columns:
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
        if self.full:
            return fixtures.FULL
        return Sizes(1 + self.latent, self.latent, self.latent)

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """Weights and biases by layer."""
        weights = fixtures.zeros(self.sizes)
        shown = np.arange(self.latent)
        weights["linear1.weight"][shown, 1 + shown] = 1.0
        weights["linear21.bias"][:] = 0.25
        weights["linear22.weight"][shown, shown] = _BROAD - _NARROW
        weights["linear22.bias"][:] = _NARROW
        slope = fixtures.as_single(1 / np.sqrt(self.latent))
        weights["linear3.weight"][0], weights["linear3.weight"][1] = slope, -slope
        weights["linear3.bias"][:2] = _OFFSET
        weights["linear4.weight"][0, :2] = [0.5, -0.5]
        weights["linear4.bias"][1 + self.latent :] = _SURELY_NOT
        weights["linear4.bias"][0] = _BIAS
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

    def summed(self, noise: np.ndarray) -> np.ndarray:
        """Return what ``noise [..., rows, L]`` adds up to in each row, standard normal like it."""
        shown = self.shown(noise.shape[-2])
        summed: np.ndarray = np.sum(noise * shown, axis=-1) / np.sqrt(shown.sum(-1))
        return summed

    def recovered(self, actual: np.ndarray, x: np.ndarray, bound: Bound) -> np.ndarray | None:
        """Return the summed noise ``[rows]`` behind the bounds of rows, or None."""
        mu, logsigma = expected.encoder(self.weights, x, bound.encoder_hidden)
        others = np.log(2) * self.latent
        likelihood = actual + bound.divergence.value(mu, logsigma) + others
        if not np.all(np.isfinite(likelihood) & (likelihood < 0)):
            return None
        odds = likelihood - np.log(-np.expm1(likelihood))
        logits = np.where(x[:, 0] > 0, odds, -odds) - _BIAS
        centred = logits * np.sqrt(self.latent) - mu.sum(-1)
        recovered: np.ndarray = centred / np.sqrt(np.sum(np.exp(2 * logsigma), axis=-1))
        return recovered
