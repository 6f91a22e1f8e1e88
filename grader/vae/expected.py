"""What is right, in NumPy and double precision: the model, its divergence, its bound, gradients.

Weights are a mapping of ``layer.weight`` (``[out, in]``) and ``layer.bias`` (``[out]``). Formulas
follow Kingma and Welling, 'Auto-Encoding Variational Bayes' (2014): the bound is equation 10, the
closed-form divergence is appendix B, the Bernoulli decoder appendix C.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

Weights = Mapping[str, np.ndarray]
Gradients = dict[str, np.ndarray]


@dataclass(frozen=True)
class Activation:
    """A function of a hidden layer's inputs, and its derivative."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


RELU = Activation(lambda a: np.maximum(a, 0.0), lambda a: (a > 0).astype(a.dtype))
ABS = Activation(np.abs, np.sign)


def linear(w: Weights, layer: str, inputs: np.ndarray) -> np.ndarray:
    """Return ``inputs [B, in]`` through a layer: ``[B, out]``."""
    return inputs @ w[f"{layer}.weight"].T + w[f"{layer}.bias"]


def _linear_gradients(layer: str, inputs: np.ndarray, outer: np.ndarray) -> Gradients:
    return {f"{layer}.weight": outer.T @ inputs, f"{layer}.bias": outer.sum(0)}


def encoder(w: Weights, x: np.ndarray, hidden: Activation = RELU) -> tuple[np.ndarray, np.ndarray]:
    """Return posterior parameters ``mu``, ``logsigma``, each ``[B, L]``, of ``x [B, D]``."""
    h = hidden.value(linear(w, "linear1", x))
    return linear(w, "linear21", h), linear(w, "linear22", h)


def encoder_gradients(
    w: Weights, x: np.ndarray, d_mu: np.ndarray, d_logsigma: np.ndarray, hidden: Activation = RELU
) -> Gradients:
    """Return gradients of ``sum(d_mu * mu + d_logsigma * logsigma)`` in the encoder's weights."""
    a = linear(w, "linear1", x)
    h = hidden.value(a)
    d_a = (d_mu @ w["linear21.weight"] + d_logsigma @ w["linear22.weight"]) * hidden.slope(a)
    return {
        **_linear_gradients("linear1", x, d_a),
        **_linear_gradients("linear21", h, d_mu),
        **_linear_gradients("linear22", h, d_logsigma),
    }


def logits(w: Weights, z: np.ndarray, hidden: Activation = RELU) -> np.ndarray:
    """Return log-odds ``[B, D]`` of the likelihood given ``z [B, L]``."""
    return linear(w, "linear4", hidden.value(linear(w, "linear3", z)))


def decoder(w: Weights, z: np.ndarray, hidden: Activation = RELU) -> np.ndarray:
    """Return likelihood parameters ``theta [B, D]`` given ``z [B, L]``."""
    return expit(logits(w, z, hidden))


def decoder_gradients(
    w: Weights, z: np.ndarray, d_logits: np.ndarray, hidden: Activation = RELU
) -> Gradients:
    """Return gradients of ``sum(d_logits * logits)`` in the decoder's weights and in ``z``."""
    a = linear(w, "linear3", z)
    d_a = (d_logits @ w["linear4.weight"]) * hidden.slope(a)
    return {
        **_linear_gradients("linear3", z, d_a),
        **_linear_gradients("linear4", hidden.value(a), d_logits),
        "z": d_a @ w["linear3.weight"],
    }


def kl(mu: np.ndarray, logsigma: np.ndarray) -> np.ndarray:
    """Return ``KL(N(mu, sigma^2) || N(0, I))`` per row, ``[B]`` (appendix B)."""
    return 0.5 * (mu**2 + np.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1)


def kl_gradients(mu: np.ndarray, logsigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return derivatives of a row's divergence in ``mu`` and ``logsigma``, each ``[B, L]``."""
    return mu, np.exp(2 * logsigma) - 1


def log_likelihood(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return ``log p(x given z)`` of binary ``x`` with these log-odds, ``[B]`` (appendix C.1)."""
    return (x * logits - np.logaddexp(0.0, logits)).sum(-1)


@dataclass(frozen=True)
class Divergence:
    """A per-row divergence of the posterior, and its derivatives in ``mu`` and ``logsigma``."""

    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    slopes: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


KL = Divergence(kl, kl_gradients)


@dataclass(frozen=True)
class Bound:
    """The parts that an evidence lower bound is put together from."""

    encoder_hidden: Activation = RELU
    decoder_hidden: Activation = RELU
    divergence: Divergence = KL

    def value(self, w: Weights, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the one-sample estimate per row, ``[B]``, with ``noise [B, L]`` (equation 10)."""
        mu, logsigma = encoder(w, x, self.encoder_hidden)
        z = mu + np.exp(logsigma) * noise
        likelihood = log_likelihood(logits(w, z, self.decoder_hidden), x)
        return likelihood - self.divergence.value(mu, logsigma)

    def gradients(
        self, w: Weights, x: np.ndarray, noise: np.ndarray, outer: np.ndarray
    ) -> Gradients:
        """Return gradients of ``sum(outer * value)``, ``outer [B]``, in all weights."""
        mu, logsigma = encoder(w, x, self.encoder_hidden)
        z = mu + np.exp(logsigma) * noise
        c = outer[:, None]
        d_logits = c * (x - decoder(w, z, self.decoder_hidden))
        of_decoder = decoder_gradients(w, z, d_logits, self.decoder_hidden)
        d_z = of_decoder.pop("z")
        kl_mu, kl_logsigma = self.divergence.slopes(mu, logsigma)
        d_mu = d_z - c * kl_mu
        d_logsigma = d_z * np.exp(logsigma) * noise - c * kl_logsigma
        return of_decoder | encoder_gradients(w, x, d_mu, d_logsigma, self.encoder_hidden)
