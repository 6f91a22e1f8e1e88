"""What is made of the draws of z: how many there are, and whether theta belongs to its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from grader.vae.elbo.causes import DRAW, LIKELIHOOD, ROWS, VALUE, Causes, cause
from grader.vae.elbo.divergence_term import Divergence, estimate
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits, is_near, say
from grader.vae.elbo.likelihood_term import Likelihood, right_likelihood
from grader.vae.elbo.row_maps import ROW_MAPS

_DRAWS = (*range(2, 21), 25, 30, 32, 40, 50, 64, 100)
_FACTORS = (0.0, 0.1, 0.2, 0.25, 0.5, 0.7071067811865476, 2.0, 1.4142135623730951, -1.0, 3.0, 10.0)
_LOOSE = 2e-4

Numbers = Callable[[np.ndarray], np.ndarray]


def draw_causes(seen: Seen, likelihood: Likelihood, divergence: Divergence) -> Causes | None:
    """Return what is wrong with how draws enter, nothing if nothing is; None if it isn't known.

    Args:
        seen: a batch of a model whose decoder does not ignore z.
        likelihood: what is in the bound where it does; ``divergence`` likewise.
    """
    if divergence.draws:
        return _importance_weighted(seen, divergence.draws)
    rest = seen.answer - divergence.of(seen)
    x = likelihood.target(seen)

    def of(z: np.ndarray) -> np.ndarray:
        return likelihood.of(seen.logits_of(z), x)

    with np.errstate(all="ignore"):
        if seen.knows_draw and fits(rest, likelihood.value(seen), _LOOSE):
            return ()
        for search in (_several, _of_other_rows, _of_noise):
            for causes in search(seen, rest, of):
                return causes
    return None


def _importance_weighted(seen: Seen, draws: int) -> Causes | None:
    each = [
        right_likelihood(seen.logits_of(seen.drawn(n)), seen.model.x)
        - estimate(seen, seen.noise(n))
        for n in range(draws)
    ]
    bound = np.logaddexp.reduce(each, axis=0) - np.log(draws)
    return () if fits(seen.answer, bound, _LOOSE) else None


def _all_draws(seen: Seen, draws: int) -> Iterator[np.ndarray]:
    """Yield draws ``[draws, B, L]`` as they are read off the table: by draws, then by rows."""
    yield np.stack([seen.drawn(n) for n in range(draws)])
    mu, logsigma = seen.posterior
    noise = np.resize(seen.table, draws * mu.size).reshape(len(mu), draws, -1)
    yield mu + np.exp(logsigma) * noise.swapaxes(0, 1)


def _several(seen: Seen, rest: np.ndarray, of: Numbers) -> Iterator[Causes]:
    """Yield what is made of several draws for each row."""
    if not seen.asks("sample_with_reparam"):
        return
    mu = seen.posterior[0]
    if fits(rest, (of(seen.drawn()) + of(2 * mu - seen.drawn())) / 2, _LOOSE):
        yield ()
    for draws in _DRAWS:
        for z in _all_draws(seen, draws):
            each = np.stack([of(one) for one in z])
            if fits(rest, each.mean(0), _LOOSE):
                yield ()
            if fits(rest, np.logaddexp.reduce(each, axis=0) - np.log(draws), _LOOSE):
                yield (cause("logarithm_of_average", VALUE | DRAW, draws=draws),)
            if fits(rest, each.max(0), _LOOSE):
                yield (cause("best_of_draws", VALUE | DRAW, draws=draws),)
            if fits(rest, each.min(0), _LOOSE):
                yield (cause("worst_of_draws", VALUE | DRAW, draws=draws),)


def sum_of_draws(seen: Seen, weight: float, rest: np.ndarray) -> int:
    """Return how many draws' likelihoods are added up, 0 if it is one that is multiplied.

    Args:
        seen: a batch whose draws matter.
        weight: of the likelihood where they don't.
        rest: what came, without the divergence.
    """
    draws = round(weight)
    if draws < 2 or not is_near(weight, draws) or not seen.asks("sample_with_reparam"):
        return 0
    for z in _all_draws(seen, draws):
        each = [right_likelihood(seen.logits_of(one), seen.model.x) for one in z]
        if fits(rest, np.sum(each, axis=0), _LOOSE):
            return draws
    return 0


def _of_other_rows(seen: Seen, rest: np.ndarray, of: Numbers) -> Iterator[Causes]:
    """Yield which row's z, or theta, belongs to a row's x."""
    if not seen.knows_draw:
        return
    checks = LIKELIHOOD | ROWS | DRAW
    for how, change in ROW_MAPS.items():
        if fits(rest, of(change(seen.decoded)), _LOOSE):
            yield (cause("theta_of_rows", checks, how=how),)
    rows = seen.rows
    pairs = np.stack([of(np.repeat(seen.decoded[n : n + 1], rows, axis=0)) for n in range(rows)])
    near = np.abs(pairs - rest) <= _LOOSE * np.max(np.abs(rest))
    if np.all(near.any(0)):
        yield (cause("theta_of_rows", checks, how="that of another row of the batch"),)


def _of_noise(seen: Seen, rest: np.ndarray, of: Numbers) -> Iterator[Causes]:
    """Yield what stands in place of the draw, where the method has decoded something itself."""
    if seen.asks("decoder"):
        return
    mu, logsigma = seen.posterior
    noises = [("", seen.noise())] if seen.asks("sample_with_reparam") else []
    for (_, noise), factor in product(noises, _FACTORS):
        if fits(rest, of(mu + factor * np.exp(logsigma) * noise), _LOOSE):
            if factor == 0:
                yield (cause("mean_decoded", DRAW),)
            yield (cause("noise_weighted", DRAW, weight=say(factor)),)
    if fits(rest, of(mu), _LOOSE):
        yield (cause("mean_decoded", DRAW),)
