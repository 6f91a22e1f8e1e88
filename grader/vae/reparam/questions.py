"""What `sample_with_reparam` is asked to draw, by class.

About 37,000 draws, from calls with arguments of any sign, all positive, all negative, and the same
everywhere; one row, two rows, and more rows than any batch in training has. Two more calls are for
more dimensions than the assignment has, one of them without a graph, as a method that generates
makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from grader.kit.check import generator
from grader.kit.probe import Call, Probe
from grader.vae import fixtures
from grader.vae.sizes import Sizes

METHOD = "sample_with_reparam"

KINDS = (
    "",
    ", where all of mu and logsigma are positive",
    ", where all of mu and logsigma are negative",
    ", where all numbers of a batch have the same mu and logsigma",
)
"""Kinds of calls, as words behind a sentence."""
LOG_STDS = ((-3.5, -0.5, 0.25, 0.75), (0.25, 0.75), (-3.5, -0.5), (0.25,))
"""The log-stds of each kind: a trained encoder is as sure as the lowest."""
PLAIN, PLAIN_MU = len(KINDS) - 1, 1.0
"""The kind in which nothing but noise tells two numbers apart, whatever a method computes."""

_LATENT = 12
WIDE = Sizes(6, 36, 4)
"""No dimension of the assignment's is left out here."""
_DRAWS = 36_864
"""At least so many are asked for, over all kinds."""


@dataclass(frozen=True, eq=False)
class Question:
    """The parameters ``mu``, ``logsigma`` of calls, ``[kinds, rows, dimensions]`` each.

    Attributes:
        sizes: the model's.
        repeats: how often each kind is asked for.
        crowd: rows of one more call of the plain kind, more than in any training.
        wide: the model's sizes in calls with as many dimensions as the assignment has, or more.
    """

    sizes: Sizes
    mu: np.ndarray
    logsigma: np.ndarray
    repeats: int
    crowd: int
    wide: Sizes

    @property
    def kinds(self) -> list[dict[str, np.ndarray]]:
        """The arguments of each kind."""
        return [{"mu": m, "logsigma": s} for m, s in zip(self.mu, self.logsigma, strict=True)]

    def plain(self, rows: int) -> dict[str, np.ndarray]:
        """Return arguments of the plain kind."""
        return _plain(rows, self.sizes.latent)

    @cached_property
    def wide_batch(self) -> dict[str, np.ndarray]:
        """Return arguments of the plain kind, with more dimensions."""
        return _plain(self.mu.shape[1], self.wide.latent)

    @cached_property
    def wide_probe(self) -> Probe:
        """Asks for these twice, the second time without a graph."""
        recorded = Call(METHOD, self.wide_batch, keep=True)
        return Probe(self.wide, {}, (recorded, replace(recorded, recorded=False)))

    @cached_property
    def batches(self) -> tuple[dict[str, np.ndarray], ...]:
        """The arguments of every call: each kind, one row, two rows, and the crowd."""
        return (*self.kinds, *map(self.plain, (1, 2, self.crowd)))

    @cached_property
    def probe(self) -> Probe:
        """Asks for all; no layer is needed."""
        repeats = [self.repeats] * len(KINDS) + [1] * (len(self.batches) - len(KINDS))
        calls = (
            Call(METHOD, batch, repeat=repeat, keep=True)
            for batch, repeat in zip(self.batches, repeats, strict=True)
        )
        return Probe(self.sizes, {}, tuple(calls))


def _plain(rows: int, dimensions: int) -> dict[str, np.ndarray]:
    shape = (rows, dimensions)
    return {"mu": np.full(shape, PLAIN_MU), "logsigma": np.full(shape, *LOG_STDS[PLAIN])}


@lru_cache(maxsize=8)  # one for all checks of a class
def question(seed: int, full: bool, rows: int, crowd: int) -> Question:
    """Return what is asked of a class."""
    sizes = fixtures.FULL if full else Sizes(6, _LATENT, 4)
    rng = generator(seed, 2, 0)
    shape = (rows, sizes.latent)
    mu = fixtures.normal(rng, len(KINDS), *shape, scale=2.0)
    mu[1], mu[2], mu[PLAIN] = np.abs(mu[1]), -np.abs(mu[2]), PLAIN_MU
    logsigma = np.stack([rng.choice(values, shape) for values in LOG_STDS])
    repeats = -(-_DRAWS // mu.size)
    return Question(sizes, mu, logsigma, repeats, crowd, fixtures.FULL if full else WIDE)
