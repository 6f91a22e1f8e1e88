"""The models that the ELBO is examined in, and whose helpers are in place there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import expected, worlds
from grader.checks.expected import Bound
from grader.checks.reading import tensor, values
from grader.checks.stand_ins import HELPERS, bounds, stand_ins
from grader.checks.verdict import Evidence, Lost, NotReached, generator

_BATCHES = (1, 2, 7)
_TINY = -9.0
"""Log-std at which the noise moves a bound by less than the tolerance."""
_GENTLE = 0.05
"""Of the decoder's usual slope in z: a log-std that is half of what it should be, another check's
matter, moves the bound by no more."""


@dataclass(frozen=True)
class World:
    """Whose helpers are in place, and what is right then."""

    bounds: tuple[Bound, ...]
    stand_ins: bool

    def probe(
        self,
        seed: int,
        sizes: Sizes,
        weights: expected.Weights,
        calls: tuple[Call, ...],
        draws: int = 8192,
    ) -> Probe:
        """A question to a candidate in which these helpers are in place.

        ``draws`` is how many numbers stand-ins have before theirs come again.
        """
        if not self.stand_ins:
            return Probe(sizes, weights, calls)
        return Probe(sizes, weights, calls, stand_ins(frozenset(HELPERS), table(seed, draws)))


OWN = World((Bound(),), stand_ins=False)
STOOD_IN = World(bounds(frozenset(HELPERS)), stand_ins=True)


def numbers(outcome: Outcome) -> np.ndarray:
    """What a call has returned, as an array."""
    return tensor(values(outcome, "elbo")[0], "The ELBO")


@lru_cache(maxsize=4)  # one for all submissions of a course
def table(seed: int, draws: int = 8192) -> np.ndarray:
    """The noise that stand-ins draw from."""
    return worlds.normal(generator(seed, 5, 9), draws)


def either_way(judge: Callable[[World], Evidence | None]) -> Evidence | None:
    """Judge with own helpers and, if that fails, with stand-ins; the latter's words are kept.

    They are about the method alone, while the former may be about an error in a helper.
    """
    try:
        return judge(OWN)
    except (Lost, NotReached):
        return judge(STOOD_IN)


@dataclass(frozen=True)
class Case:
    """A model in which the noise doesn't matter."""

    sizes: Sizes
    weights: expected.Weights
    batches: tuple[np.ndarray, ...]


@lru_cache(maxsize=2)
def cases(seed: int) -> tuple[Case, ...]:
    """A decoder that ignores z, a tiny posterior, and the latter at the assignment's own sizes."""
    found = []
    for key, sizes, rows in (
        (0, Sizes(9, 3, 8), _BATCHES),
        (1, Sizes(12, 4, 6), _BATCHES),
        (2, worlds.FULL, (128,)),
    ):
        rng = generator(seed, 5, key)
        weights = worlds.random_weights(rng, sizes)
        if key == 0:
            weights["linear3.weight"] = np.zeros_like(weights["linear3.weight"])
        else:
            weights["linear3.weight"] = worlds.as_single(_GENTLE * weights["linear3.weight"])
            weights["linear22.weight"] = worlds.as_single(0.1 * weights["linear22.weight"])
            weights["linear22.bias"] = np.full(sizes.latent, _TINY)
        batches = tuple(worlds.binary_rows(rng, n, sizes) for n in rows)
        found.append(Case(sizes, weights, batches))
    return tuple(found)


def drawn(seed: int, shapes: list[tuple[int, int]]) -> list[np.ndarray]:
    """The noise that a stand-in has given to calls in a row, one draw of such a shape in each."""
    ends = np.cumsum([rows * latent for rows, latent in shapes])
    parts = np.split(np.resize(table(seed), ends[-1]), ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


_OFFSET = 20.0


@dataclass(frozen=True)
class Line:
    """A model with one pixel, whose log-odds are the sum of z over ``sqrt(latent)``, and 0.2.

    The likelihood can be solved for that sum. Hidden units are always positive, so that ReLU and
    stand-in are the same function; the log-std is -0.5 for a pixel that is 0, and -0.25 for 1.
    """

    latent: int = 1

    @property
    def sizes(self) -> Sizes:
        """Of its layers."""
        return Sizes(1, self.latent, 2)

    def weights(self) -> dict[str, np.ndarray]:
        """All latent dimensions have the same posterior."""
        weights = worlds.zeros(self.sizes)
        weights["linear1.weight"][:] = [[0.5], [0.25]]
        weights["linear1.bias"][:] = [0.5, 1.0]
        weights["linear21.weight"][:] = [[0.5, -0.75]]
        weights["linear21.bias"][:] = 0.5
        weights["linear22.weight"][:] = [[1.0, -1.0]]
        weights["linear3.weight"][:] = worlds.as_single([[1.0], [-1.0]] / np.sqrt(self.latent))
        weights["linear3.bias"][:] = _OFFSET
        weights["linear4.weight"][:] = [[0.5, -0.5]]
        weights["linear4.bias"][:] = 0.2
        return weights

    def summed(self, noise: np.ndarray) -> np.ndarray:
        """What ``noise [rows, latent]`` adds up to, standard normal where the noise is."""
        return noise.sum(-1) / np.sqrt(self.latent)

    def recovered(self, actual: np.ndarray, x: np.ndarray, bound: Bound) -> np.ndarray | None:
        """The summed noise ``[rows]`` behind the bounds of rows, where there can be any."""
        weights = self.weights()
        mu, logsigma = expected.encoder(weights, x, bound.encoder_hidden)
        likelihood = actual + bound.divergence.value(mu, logsigma)
        if not np.all(np.isfinite(likelihood)) or np.any(likelihood >= 0):
            return None
        odds = likelihood - np.log(-np.expm1(likelihood))
        z = np.where(x[:, 0] > 0, odds, -odds) - weights["linear4.bias"]
        return (z - self.summed(mu)) / np.exp(logsigma[:, 0])
