"""What pixels may count as in a likelihood: right, and in the many ways in which it goes wrong.

A likelihood that treats the pixels one by one says what a pixel counts as that is 1, and what one
counts as that is 0. Each is a function of the log-odds that the decoder gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.special import expit, log_softmax

Function = Callable[[np.ndarray], np.ndarray]
PixelFunction = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""``logits [B, D], x [B, D], number -> [B, D]``."""


def log_theta(logits: np.ndarray) -> np.ndarray:
    """Return the log probability of ones."""
    return -np.logaddexp(0.0, -logits)


def log_rest(logits: np.ndarray) -> np.ndarray:
    """Return the log probability of zeros."""
    return -np.logaddexp(0.0, logits)


LOGARITHMS = ("log theta", "log(1 - theta)")

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        LOGARITHMS[0]: log_theta,
        LOGARITHMS[1]: log_rest,
        "theta": expit,
        "1 - theta": lambda a: expit(-a),
        "theta squared": lambda a: expit(a) ** 2,
        "(1 - theta) squared": lambda a: expit(-a) ** 2,
        "the log-odds of theta": lambda a: a,
        "log sigmoid(theta)": lambda a: log_theta(expit(a)),
        "log(1 - sigmoid(theta))": lambda a: log_rest(expit(a)),
        "log(1 + theta)": lambda a: np.log1p(expit(a)),
        "log(2 - theta)": lambda a: np.log1p(expit(-a)),
        "exp(theta)": lambda a: np.exp(expit(a)),
        "exp(1 - theta)": lambda a: np.exp(expit(-a)),
        "1 / log theta": lambda a: 1 / log_theta(a),
        "1 / log(1 - theta)": lambda a: 1 / log_rest(a),
        "the square root of theta": lambda a: np.sqrt(expit(a)),
        "the square root of 1 - theta": lambda a: np.sqrt(expit(-a)),
        "the square of log theta": lambda a: log_theta(a) ** 2,
        "the square of log(1 - theta)": lambda a: log_rest(a) ** 2,
        "tanh(theta)": lambda a: np.tanh(expit(a)),
        "theta log theta": lambda a: expit(a) * log_theta(a),
        "(1 - theta) log(1 - theta)": lambda a: expit(-a) * log_rest(a),
        "theta log theta + (1 - theta) log(1 - theta)": lambda a: (
            expit(a) * log_theta(a) + expit(-a) * log_rest(a)
        ),
    }
)
"""What a pixel may count as, in words."""


@dataclass(frozen=True)
class Family:
    """Likelihoods with a number in them that has to be found.

    Attributes:
        name: of the misconception, which has the number in its words.
        pixels: what pixels count as.
        grid: where the number may lie, in order.
        ends: numbers with which nothing is wrong, or nothing is known.
    """

    name: str
    pixels: PixelFunction
    grid: np.ndarray
    ends: tuple[float, ...] = ()


def _both(x: np.ndarray, ones: np.ndarray, zeros: np.ndarray) -> np.ndarray:
    return np.asarray(x * ones + (1 - x) * zeros)


def _with_constant(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    return _both(x, np.log(expit(a) + p), np.log(expit(-a) + p))


def _in_ones_alone(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    return _both(x, np.log(expit(a) + p), log_rest(a))


def _in_zeros_alone(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    return _both(x, log_theta(a), np.log(expit(-a) + p))


def _clamped(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    theta = np.clip(expit(a), p, 1 - p)
    return _both(x, np.log(theta), np.log1p(-theta))


def _from_below(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    return _both(x, np.log(np.maximum(expit(a), p)), np.log(np.minimum(expit(-a), 1 - p)))


def _capped(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    return np.asarray(np.maximum(_both(x, log_theta(a), log_rest(a)), -p))


def _tempered(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    return _both(x, log_theta(a / p), log_rest(a / p))


def _mixed(a: np.ndarray, x: np.ndarray, p: float) -> np.ndarray:
    theta = (1 - 2 * p) * expit(a) + p
    return _both(x, np.log(theta), np.log1p(-theta))


_SMALL = np.geomspace(1e-6, 0.45, 40)
FAMILIES = (
    Family("constant_in_logarithms", _with_constant, np.geomspace(1e-6, 2.0, 40)),
    Family("theta_clamped", _clamped, _SMALL),
    Family("logarithms_cut_off", _capped, np.linspace(0.05, 9.0, 50), (9.0001,)),
    Family("tempered", _tempered, np.geomspace(0.1, 10.0, 41), (1.0,)),
    Family("theta_mixed", _mixed, _SMALL),
    Family("theta_from_below", _from_below, _SMALL),
    Family("constant_in_ones_logarithm", _in_ones_alone, np.geomspace(1e-6, 2.0, 40)),
    Family("constant_in_zeros_logarithm", _in_zeros_alone, np.geomspace(1e-6, 2.0, 40)),
)


def _theta(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return theta, given the log probabilities of pixels."""
    return np.where(x > 0.5, np.exp(p), -np.expm1(p))


def _of_softmax(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray((x * log_softmax(_theta(p, x), axis=-1)).sum(-1))


def _turned(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    theta, other = _theta(p, x), x[:, ::-1]
    return np.asarray(np.log(np.where(other > 0.5, theta, 1 - theta)).sum(-1))


WholeFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""``log probabilities [B, D], x [B, D] -> [B]``."""
NOT_BY_PIXEL: Mapping[str, WholeFunction] = MappingProxyType(
    {
        "the logarithm of the sum of the pixels' probabilities": lambda p, _: np.log(
            np.exp(p).sum(-1)
        ),
        "the logarithm of the average of the pixels' probabilities": lambda p, _: np.log(
            np.exp(p).mean(-1)
        ),
        "the probability of the image instead of its logarithm": lambda p, _: np.exp(p.sum(-1)),
        "the product of the pixels' log probabilities": lambda p, _: p.prod(-1),
        "the product of the pixels' cross entropies": lambda p, _: (-p).prod(-1),
        "that of the least likely pixel alone": lambda p, _: p.min(-1),
        "that of the likeliest pixel alone": lambda p, _: p.max(-1),
        "that of the first pixel alone": lambda p, _: p[:, 0],
        "that of the last pixel alone": lambda p, _: p[:, -1],
        "that without the last pixel": lambda p, _: p[:, :-1].sum(-1),
        "that without the first pixel": lambda p, _: p[:, 1:].sum(-1),
        "the logsumexp of the pixels' cross entropies": lambda p, _: np.log(np.exp(-p).sum(-1)),
        "the cross entropy of classes, with a softmax over the pixels of an image": _of_softmax,
        "that of the pixels of x from right to left": _turned,
        "the square of the log likelihood": lambda p, _: p.sum(-1) ** 2,
        "the root of the cross entropy": lambda p, _: np.sqrt(-p.sum(-1)),
        "the logarithm of the cross entropy": lambda p, _: np.log(-p.sum(-1)),
    }
)
"""Likelihoods that do not add up what the pixels count as, in words."""
