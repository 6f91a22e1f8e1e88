"""What is made of the draws of z: how many there are, and whether theta belongs to its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import expit, logit

from grader.vae.elbo.causes import DRAW, LIKELIHOOD, ROWS, VALUE, Causes, cause
from grader.vae.elbo.divergence_term import Divergence, estimate
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits, is_near, say
from grader.vae.elbo.likelihood_term import Likelihood, right_likelihood
from grader.vae.elbo.row_maps import ROW_MAPS, average

_DRAWS = (*range(2, 21), 25, 30, 32, 40, 50, 64, 100)
_FACTORS = (0.0, 0.1, 0.2, 0.25, 0.5, 0.7071067811865476, 2.0, 1.4142135623730951, -1.0, 3.0, 10.0)
_LOOSE = 2e-4

Numbers = Callable[[np.ndarray], np.ndarray]
"""``logits [B, D] -> [B]``, as the likelihood of a bound has them."""


def draw_causes(seen: Seen, likelihood: Likelihood, divergence: Divergence) -> Causes | None:
    """Return what is wrong with how draws enter, nothing if nothing is; None if it isn't known.

    Args:
        seen: a batch of a model whose decoder does not ignore z.
        likelihood: what is in the bound where it does; ``divergence`` likewise.
    """
    if divergence.draws:
        return _importance_weighted(seen, divergence.draws)
    if any(found.finding.name == "likelihood_missing" for found in likelihood.causes):
        return ()
    rest = seen.answer - divergence.of(seen)
    x = likelihood.target(seen)

    def of(logits: np.ndarray) -> np.ndarray:
        return likelihood.of(logits, x)

    with np.errstate(all="ignore"):
        if seen.knows_draw and fits(rest, likelihood.value(seen), _LOOSE):
            return ()
        for search in (_several, _of_other_rows, _of_noise):
            for causes in search(seen, rest, of):
                return causes
    return None


def _importance_weighted(seen: Seen, draws: int) -> Causes | None:
    each = [
        right_likelihood(seen.logits_of(z), seen.model.x) - estimate(seen, z)
        for z in seen.draws(draws)
    ]
    bound = np.logaddexp.reduce(each, axis=0) - np.log(draws)
    return () if fits(seen.answer, bound, _LOOSE) else None


def _all_draws(seen: Seen, draws: int) -> Iterator[np.ndarray]:
    """Yield draws ``[draws, B, L]`` as they may be ordered: by draws, then by rows."""
    yield seen.draws(draws)
    if seen.shown_draws is None:
        mu, logsigma = seen.posterior
        noise = np.resize(seen.table, draws * mu.size).reshape(len(mu), draws, -1)
        yield mu + np.exp(logsigma) * noise.swapaxes(0, 1)


def _several(seen: Seen, rest: np.ndarray, of: Numbers) -> Iterator[Causes]:
    """Yield what is made of several draws for each row."""
    counts = seen.numbers_of_draws(_DRAWS)
    if not counts:
        return
    if seen.asks("sample_with_reparam"):
        opposite = seen.logits_of(2 * seen.posterior[0] - seen.drawn())
        if fits(rest, (of(seen.logits_of(seen.drawn())) + of(opposite)) / 2, _LOOSE):
            yield ()
    checks = VALUE | DRAW
    for draws in counts:
        for z in _all_draws(seen, draws):
            logits = [seen.logits_of(one) for one in z]
            each = np.stack([of(one) for one in logits])
            if fits(rest, each.mean(0), _LOOSE):
                yield ()
            made = {
                "logarithm_of_average": np.logaddexp.reduce(each, axis=0) - np.log(draws),
                "best_of_draws": each.max(0),
            }
            for name, rows in made.items():
                if fits(rest, rows, _LOOSE):
                    yield (cause(name, checks, draws=draws),)
            theta = np.mean([expit(one) for one in logits], axis=0)
            if fits(rest, of(logit(theta)), _LOOSE):
                yield (cause("theta_averaged", checks, what=f"{draws} draws"),)


def sum_of_draws(seen: Seen, weight: float, rest: np.ndarray) -> int:
    """Return how many draws' likelihoods are added up, 0 if it is one that is multiplied.

    Args:
        seen: a batch whose draws matter.
        weight: of the likelihood where they don't.
        rest: what came, without the divergence.
    """
    draws = round(weight)
    if not is_near(weight, draws) or draws not in seen.numbers_of_draws(range(2, 200)):
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
    for how, mixed in ROW_MAPS.items():
        if fits(rest, of(seen.logits_of(mixed(seen.decoded))), _LOOSE):
            yield (cause("theta_of_rows", checks, how=how),)
    if fits(rest, of(logit(average(expit(seen.logits)))), _LOOSE):
        yield (cause("theta_averaged", checks, what="the rows of the batch"),)
    pairs = np.stack([of(np.repeat(row[None], seen.rows, axis=0)) for row in seen.logits])
    near = np.abs(pairs - rest) <= _LOOSE * np.max(np.abs(rest))
    if np.all(near.any(0)):
        yield (cause("theta_of_rows", checks, how="that of another row of the batch"),)


def _of_noise(seen: Seen, rest: np.ndarray, of: Numbers) -> Iterator[Causes]:
    """Yield what stands in place of the draw, where nobody sees what is decoded."""
    if seen.asks("decoder"):
        return
    mu, logsigma = seen.posterior
    if fits(rest, of(seen.logits_of(mu)), _LOOSE):
        yield (cause("mean_decoded", DRAW),)
    if not seen.asks("sample_with_reparam"):
        return
    for factor in _FACTORS:
        z = mu + factor * np.exp(logsigma) * seen.noise()
        if fits(rest, of(seen.logits_of(z)), _LOOSE):
            yield (cause("noise_weighted", DRAW, weight=say(factor)),)
