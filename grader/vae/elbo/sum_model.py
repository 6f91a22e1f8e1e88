"""A model whose bound can be solved for the noise in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.vae import expected, fixtures
from grader.vae.expected import Bound
from grader.vae.sizes import Sizes

OFFSET = 20.0
"""Makes hidden units positive, so that ReLU and stub are the same function."""
BIAS = 0.2
"""Of the log-odds of the pixel that matters."""
_FEW = 0.05


def log_odds(likelihood: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the log-odds ``[rows]`` of pixels ``x [rows]`` with these log likelihoods."""
    odds = likelihood - np.log(-np.expm1(likelihood))
    return np.where(x > 0, odds, -odds)


def show_sum(weights: dict[str, np.ndarray], latent: int) -> None:
    """Make the log-odds of the first pixel the sum of z's first numbers, over its spread."""
    slope = fixtures.as_single(1 / np.sqrt(latent))
    weights["linear3.weight"][0, :latent] = slope
    weights["linear3.weight"][1, :latent] = -slope
    weights["linear3.bias"][:2] = OFFSET
    weights["linear4.weight"][0, :2] = [0.5, -0.5]
    weights["linear4.bias"][0] = BIAS


@dataclass(frozen=True)
class SumModel:
    """A model with one pixel that matters, whose log-odds are a sum of z's numbers, and 0.2.

    The sum is of the first ``latent`` numbers, over the root of how many they are. The likelihood
    can be solved for it. The log-std is -0.5 for a pixel that is 0, and -0.25 for 1. At the
    assignment's own sizes, if it is ``full``, all other pixels are certain to be 0.
    """

    latent: int = 1
    full: bool = False

    @property
    def sizes(self) -> Sizes:
        """Units of its layers."""
        return fixtures.FULL if self.full else Sizes(1, self.latent, 2)

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """Weights and biases by layer; all latent dimensions have the same posterior."""
        weights = fixtures.zeros(self.sizes)
        weights["linear1.weight"][:2, 0] = [0.5, 0.25]
        weights["linear1.bias"][:2] = [0.5, 1.0]
        weights["linear21.weight"][:, :2] = [0.5, -0.75]
        weights["linear21.bias"][:] = 0.5
        weights["linear22.weight"][:, :2] = [1.0, -1.0]
        weights["linear4.bias"][:] = -OFFSET
        show_sum(weights, self.latent)
        return weights

    def batch(self, rows: int) -> np.ndarray:
        """Return rows ``[rows, obs]`` whose pixel is 1 and 0 in turn."""
        x = np.zeros((rows, self.sizes.obs))
        x[::2, 0] = 1.0
        return x

    def posterior(self, x: np.ndarray, bound: Bound) -> tuple[np.ndarray, np.ndarray]:
        """Return mu and log sigma, ``[rows, L]`` each."""
        return expected.encoder(self.weights, x, bound.encoder_hidden)

    def summed(self, noise: np.ndarray) -> np.ndarray:
        """Return what ``noise [..., all latent]`` adds up to, standard normal where it is."""
        return noise[..., : self.latent].sum(-1) / np.sqrt(self.latent)

    def likelihood(self, summed: np.ndarray, x: np.ndarray, bound: Bound) -> np.ndarray:
        """Return the log likelihood ``[..., rows]`` of rows whose noise adds up to this."""
        mu, logsigma = self.posterior(x, bound)
        logits = self.summed(mu) + np.exp(logsigma[:, 0]) * summed + BIAS
        return x[:, 0] * logits - np.logaddexp(0.0, logits)

    def divergence(self, x: np.ndarray, bound: Bound) -> np.ndarray:
        """Return the divergence ``[rows]``, which the noise does not change."""
        return bound.divergence.value(*self.posterior(x, bound))

    def recovered(self, actual: np.ndarray, x: np.ndarray, bound: Bound) -> np.ndarray | None:
        """Return the summed noise ``[..., rows]`` behind bounds of rows, where there can be any.

        It is NaN for a few rows that have none.
        """
        mu, logsigma = self.posterior(x, bound)
        likelihood = actual + bound.divergence.value(mu, logsigma)
        impossible = ~np.isfinite(likelihood) | (likelihood >= 0)
        if np.mean(impossible) > _FEW:
            return None
        z = log_odds(np.where(impossible, np.nan, likelihood), x[:, 0]) - BIAS
        return (z - self.summed(mu)) / np.exp(logsigma[:, 0])
