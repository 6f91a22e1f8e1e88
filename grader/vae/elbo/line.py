"""A model whose bound can be solved for the noise in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grader.vae import expected, fixtures
from grader.vae.expected import Bound
from grader.vae.sizes import Sizes

_OFFSET = 20.0
_FEW = 0.05


@dataclass(frozen=True)
class Line:
    """A model with one pixel that matters, whose log-odds are a sum of z's numbers, and 0.2.

    The sum is of the first ``latent`` numbers, over the root of how many they are. The likelihood
    can be solved for it. Hidden units that matter are always positive, so that ReLU and stub
    are the same function; the log-std is -0.5 for a pixel that is 0, and -0.25 for 1. At the
    assignment's own sizes all other pixels are certain to be 0.
    """

    latent: int = 1
    full: bool = False

    @property
    def sizes(self) -> Sizes:
        """Of its layers."""
        return fixtures.FULL if self.full else Sizes(1, self.latent, 2)

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """All latent dimensions have the same posterior."""
        weights = fixtures.zeros(self.sizes)
        weights["linear1.weight"][:2, 0] = [0.5, 0.25]
        weights["linear1.bias"][:2] = [0.5, 1.0]
        weights["linear21.weight"][:, :2] = [0.5, -0.75]
        weights["linear21.bias"][:] = 0.5
        weights["linear22.weight"][:, :2] = [1.0, -1.0]
        slope = fixtures.as_single(1 / np.sqrt(self.latent))
        weights["linear3.weight"][0, : self.latent] = slope
        weights["linear3.weight"][1, : self.latent] = -slope
        weights["linear3.bias"][:2] = _OFFSET
        weights["linear4.weight"][0, :2] = [0.5, -0.5]
        weights["linear4.bias"][:] = -_OFFSET
        weights["linear4.bias"][0] = 0.2
        return weights

    def batch(self, rows: int) -> np.ndarray:
        """Rows ``[rows, obs]`` whose pixel is 1 and 0 in turn."""
        x = np.zeros((rows, self.sizes.obs))
        x[::2, 0] = 1.0
        return x

    def summed(self, noise: np.ndarray) -> np.ndarray:
        """What ``noise [..., all latent]`` adds up to, standard normal where the noise is."""
        return noise[..., : self.latent].sum(-1) / np.sqrt(self.latent)

    def likelihood(self, summed: np.ndarray, x: np.ndarray, bound: Bound) -> np.ndarray:
        """The log likelihood ``[..., rows]`` of rows whose noise adds up to this."""
        mu, logsigma = expected.encoder(self.weights, x, bound.encoder_hidden)
        logits = self.summed(mu) + np.exp(logsigma[:, 0]) * summed + 0.2
        return x[:, 0] * logits - np.logaddexp(0.0, logits)

    def divergence(self, x: np.ndarray, bound: Bound) -> np.ndarray:
        """The divergence ``[rows]``, which the noise does not change."""
        return bound.divergence.value(*expected.encoder(self.weights, x, bound.encoder_hidden))

    def recovered(self, actual: np.ndarray, x: np.ndarray, bound: Bound) -> np.ndarray | None:
        """The summed noise ``[rows]`` behind the bounds of rows, where there can be any.

        It is NaN for a few rows that have none.
        """
        mu, logsigma = expected.encoder(self.weights, x, bound.encoder_hidden)
        likelihood = actual + self.divergence(x, bound)
        impossible = ~np.isfinite(likelihood) | (likelihood >= 0)
        if np.mean(impossible) > _FEW:
            return None
        likelihood = np.where(impossible, np.nan, likelihood)
        odds = likelihood - np.log(-np.expm1(likelihood))
        z = np.where(x[:, 0] > 0, odds, -odds) - 0.2
        return (z - self.summed(mu)) / np.exp(logsigma[:, 0])
