"""What a divergence is made of that a method writes out itself: its parts, and its dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from grader.vae.elbo.causes import DIVERGENCE, Causes, cause
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fitted, is_near, say

Part = tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]
"""What stands in a sum over dimensions, by name: a function of mu and log sigma, ``[B, L]``."""
Parts = tuple[Part, ...]

_PARTS: Parts = (
    ("mu squared", lambda m, s: m**2),
    ("sigma squared", lambda m, s: np.exp(2 * s)),
    ("log sigma", lambda m, s: s),
)
_RIGHT = np.array([-0.5, -0.5, 1.0])
_INSTEAD: Parts = (
    ("sigma", lambda m, s: np.exp(s)),
    ("log sigma squared", lambda m, s: s**2),
    ("mu", lambda m, s: m),
    ("the absolute value of mu", lambda m, s: np.abs(m)),
    ("sigma to the power of four", lambda m, s: np.exp(4 * s)),
    ("1 / sigma squared", lambda m, s: np.exp(-2 * s)),
    ("1 / sigma", lambda m, s: np.exp(-s)),
    ("mu squared / sigma squared", lambda m, s: m**2 * np.exp(-2 * s)),
    ("the logarithm of |log sigma|", lambda m, s: np.log(np.abs(s) + 1e-8)),
)


def choices() -> Iterator[Parts]:
    """Yield the right parts, and those with another one in place of one of them."""
    yield _PARTS
    for place in range(len(_PARTS)):
        for other in _INSTEAD:
            yield (*_PARTS[:place], other, *_PARTS[place + 1 :])


def sums(parts: Parts, seen: Seen) -> np.ndarray:
    """Return the sums of parts over the dimensions, ``[B, 3]``."""
    return np.stack([part(*seen.judged).sum(-1) for _, part in parts], axis=-1)


def of_parts(parts: Parts, weights: np.ndarray, seen: Seen) -> np.ndarray:
    """Return what weighted parts add up to, ``[B]``."""
    # The 1 of each dimension, which no difference shows, is in its place.
    return np.asarray(sums(parts, seen) @ weights + 0.5 * seen.judged[0].shape[1])


def part_causes(parts: Parts, weights: np.ndarray) -> Causes:
    """Return what is wrong with parts and their weights."""
    names = [name for name, _ in parts]
    if names[1] == "sigma" and np.allclose(weights, (-0.5, -0.5, 0.5), atol=1e-3):
        return (cause("log_variance_in_divergence", DIVERGENCE),)
    causes = []
    for name, weight, (right_name, _), right in zip(names, weights, _PARTS, _RIGHT, strict=True):
        if name != right_name and abs(weight) > 1e-5:
            causes.append(cause("part_instead", DIVERGENCE, part=name, right=right_name))
        elif not is_near(float(weight), float(right)):
            words = {"part": right_name, "weight": say(-float(weight)), "right": say(-right)}
            causes.append(cause("part_weighted", DIVERGENCE, **words))
    return tuple(causes)


def _reversed(seen: Seen) -> np.ndarray:
    mu, logsigma = seen.judged
    return np.asarray((logsigma + 0.5 * (1 + mu**2) * np.exp(-2 * logsigma) - 0.5).sum(-1))


def _each(seen: Seen) -> np.ndarray:
    mu, logsigma = seen.judged
    return np.asarray(0.5 * (mu**2 + np.exp(2 * logsigma) - 1 - 2 * logsigma))


def _floored(number: float, seen: Seen) -> np.ndarray:
    return np.asarray(np.maximum(_each(seen), number).sum(-1))


def by_dimension(
    change: np.ndarray, first: Seen, second: Seen
) -> Iterator[tuple[str, Callable[[Seen], np.ndarray]]]:
    """Yield what may be made of the dimensions' divergences, in words and as ``[B]``."""
    both = np.concatenate((_each(first), _each(second)))

    def error(number: float) -> float:
        return float(np.sum((change + _floored(number, second) - _floored(number, first)) ** 2))

    number = fitted(error, list(np.linspace(both.min(), both.max(), 60)))
    yield "that of the first dimension alone", lambda seen: _each(seen)[:, 0]
    yield "that of the last dimension alone", lambda seen: _each(seen)[:, -1]
    yield "that of the largest dimension alone", lambda seen: _each(seen).max(-1)
    yield "that of the prior from the posterior, the other way round", _reversed
    what = f"a sum in which each dimension counts at least {say(number)} (free bits)"
    yield what, partial(_floored, number)
