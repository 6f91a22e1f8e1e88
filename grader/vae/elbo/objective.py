"""The evidence lower bound with room for slips in each of its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grader.vae import expected
from grader.vae.expected import Bound

Pair = tuple[np.ndarray, np.ndarray]
_SATURATED = 12.0
"""Log-odds beyond which a probability in single precision is no longer exact."""
Reduction = Callable[[np.ndarray], np.ndarray]


def _in_order(mu: np.ndarray, logsigma: np.ndarray) -> Pair:
    return mu, logsigma


def _pixelwise(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    # A trailing axis of one makes every pixel a row of its own.
    return expected.log_likelihood(logits[..., None], x[..., None])


def _closed_form(bound: Bound, mu: np.ndarray, logsigma: np.ndarray, _: np.ndarray) -> np.ndarray:
    return bound.divergence.value(mu, logsigma)


@dataclass(frozen=True)
class Objective:
    """What a student's `elbo` computes, as far as the bank of slips can say; right as it stands.

    Attributes:
        posterior: the encoder's pair, as it is unpacked.
        arguments: the pair that the divergence gets.
        noise: how often the noise enters z.
        likelihood: ``logits, x -> [B, D]``, for each pixel.
        pixels: what is made of those.
        divergence: ``bound, mu, logsigma, noise -> [B]``.
        rows: what is made of that.
        likelihood_weight, divergence_weight: signs and factors of the two terms.
        total: what is made of their sum.
        sign: of the whole.
    """

    posterior: Callable[[np.ndarray, np.ndarray], Pair] = _in_order
    arguments: Callable[[np.ndarray, np.ndarray], Pair] = _in_order
    noise: float = 1.0
    likelihood: Callable[[np.ndarray, np.ndarray], np.ndarray] = _pixelwise
    pixels: Reduction = lambda terms: terms.sum(-1)
    divergence: Callable[[Bound, np.ndarray, np.ndarray, np.ndarray], np.ndarray] = _closed_form
    rows: Reduction = lambda terms: terms
    likelihood_weight: float = 1.0
    divergence_weight: float = -1.0
    total: Reduction = lambda values: values
    sign: float = 1.0

    def value(
        self, bound: Bound, weights: expected.Weights, x: np.ndarray, noise: np.ndarray
    ) -> np.ndarray:
        """Return the value for ``x [B, D]`` with ``noise [B, L]`` and the helpers of ``bound``.

        It is NaN where that depends on how single precision and torch cut logarithms off.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self._value(bound, weights, x, noise)

    def _value(
        self, bound: Bound, weights: expected.Weights, x: np.ndarray, noise: np.ndarray
    ) -> np.ndarray:
        mu, logsigma = self.posterior(*expected.encoder(weights, x, bound.encoder_hidden))
        z = mu + np.exp(logsigma) * noise * self.noise
        logits = expected.logits(weights, z, bound.decoder_hidden)
        logits[np.abs(logits) > _SATURATED] = np.nan
        likelihood = self.pixels(self.likelihood(logits, x))
        divergence = self.divergence(bound, *self.arguments(mu, logsigma), noise)
        terms = self.likelihood_weight * likelihood + self.divergence_weight * self.rows(divergence)
        return np.asarray(self.sign * self.total(terms))
