"""Which divergence is in a bound, read off two batches that differ in the posterior alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from grader.vae.elbo.causes import DIVERGENCE, ROWS, Causes, cause
from grader.vae.elbo.divergence_parts import (
    by_dimension,
    choices,
    of_parts,
    part_causes,
    sums,
)
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fitted, is_near, say, solve, times, weight_of
from grader.vae.elbo.row_maps import moved

Value = Callable[[Seen], np.ndarray]
_DRAWS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 16, 20, 25, 30, 32, 50, 64, 100)
"""How many draws an estimate may take."""


@dataclass(frozen=True, eq=False)
class Divergence:
    """What a bound has of the divergence, with its weight, and what is wrong with it.

    Attributes:
        of: its value for a batch, ``[B]``; a right one is the negative divergence.
        draws: of the importance-weighted bound, if that is what it is.
    """

    of: Value
    causes: Causes = ()
    draws: int = 0


def right_divergence(seen: Seen) -> np.ndarray:
    """Return the divergence of what it was given, ``[B]``."""
    return seen.divergence


def divergences(first: Seen, second: Seen) -> list[Divergence]:
    """Return divergences that explain how two batches differ, if any do.

    They are as simple as can be, and of one kind.
    """
    change = second.answer - first.answer
    searches = [_weighted, _of_function, _cut_off, _estimated]
    if not first.asks("kl_divergence"):
        searches += [_of_parts, _of_dimensions]
    for search in (*searches, _with_a_term, _of_rows):
        with np.errstate(all="ignore"):
            if found := list(search(change, first, second)):
                return found
    return []


Found = Iterator[Divergence]


def _scaled(value: Value, weight: float) -> Value:
    return lambda seen: np.asarray(weight * value(seen))


def _fit(value: Value, change: np.ndarray, first: Seen, second: Seen) -> float | None:
    return weight_of(value(second) - value(first), change)


def weight_causes(weight: float, latent: int) -> Causes:
    """Return what is wrong with a weight that should be -1, if anything is."""
    if is_near(weight, -1):
        return ()
    if is_near(weight, 1):
        return (cause("kl_added", DIVERGENCE),)
    if abs(weight) < 1e-5:
        return (cause("kl_missing", DIVERGENCE),)
    if abs(weight * latent + 1) < 1e-3:
        return (cause("mean_over_dimensions", DIVERGENCE),)
    return (cause("kl_weighted", DIVERGENCE, weight=say(-weight)),)


def _latent(seen: Seen) -> int:
    return int(seen.posterior[0].shape[1])


def _weighted(change: np.ndarray, first: Seen, second: Seen) -> Found:
    weight = _fit(right_divergence, change, first, second)
    if weight is not None:
        yield Divergence(_scaled(right_divergence, weight), weight_causes(weight, _latent(first)))


_BESIDE: Mapping[str, Callable[[Seen], np.ndarray]] = MappingProxyType(
    {
        "mu": lambda seen: seen.posterior[0],
        "mu squared": lambda seen: seen.posterior[0] ** 2,
        "|mu|": lambda seen: np.abs(seen.posterior[0]),
        "log sigma": lambda seen: seen.posterior[1],
        "log sigma squared": lambda seen: seen.posterior[1] ** 2,
        "sigma": lambda seen: np.exp(seen.posterior[1]),
        "sigma squared": lambda seen: np.exp(2 * seen.posterior[1]),
    }
)
"""What may be added up over the dimensions beside the two terms."""


def _with_a_term(change: np.ndarray, first: Seen, second: Seen) -> Found:
    """Find a term of mu or sigma beside the divergence."""
    for what, part in _BESIDE.items():

        def both(seen: Seen, part: Callable = part) -> np.ndarray:
            return np.stack((right_divergence(seen), part(seen).sum(-1)), axis=-1)

        weights = solve(both(second) - both(first), change)
        if weights is None or abs(weights[1]) < 1e-4:
            continue
        weight, factor = (float(number) for number in weights)
        words = times(factor, f"the sum of {what} over the dimensions")
        found = cause("term_added", DIVERGENCE, what=words)
        more = weight_causes(weight, _latent(first))
        yield Divergence(lambda seen, w=weights, f=both: np.asarray(f(seen) @ w), (found, *more))  # type: ignore[misc]


_OF_IT: Mapping[str, Callable[[np.ndarray], np.ndarray]] = MappingProxyType(
    {
        "the square of the divergence": np.square,
        "the root of the divergence": lambda rows: np.sqrt(np.maximum(rows, 0)),
        "the logarithm of the divergence": np.log,
        "the logarithm of 1 plus the divergence": np.log1p,
        "the exponential of the divergence": np.exp,
        "the exponential of the negative divergence": lambda rows: np.exp(-rows),
        "tanh of the divergence": np.tanh,
        "the sigmoid of the divergence": lambda rows: 1 / (1 + np.exp(-rows)),
    }
)


def _of_function(change: np.ndarray, first: Seen, second: Seen) -> Found:
    """Find a function of the divergence in place of it."""
    for what, function in _OF_IT.items():

        def value(seen: Seen, function: Callable = function) -> np.ndarray:
            return np.asarray(function(seen.divergence))

        weight = _fit(value, change, first, second)
        if weight is not None and abs(weight) > 1e-6:
            causes = (cause("divergence_is", DIVERGENCE, what=what),)
            yield Divergence(_scaled(value, weight), causes)


def _with_limits(change: np.ndarray, first: Seen, second: Seen) -> Iterator[tuple[str, float]]:
    """Yield which end of the divergence may be cut off, and where."""
    rows = np.concatenate((first.divergence, second.divergence))
    grid = np.unique(np.concatenate((rows, np.linspace(rows.min(), rows.max(), 30))))
    for name in _CUTS:

        def error(number: float, name: str = name) -> float:
            cut = _CUTS[name]
            column = cut(first.divergence, number) - cut(second.divergence, number)
            return float(np.sum((change - column) ** 2))

        yield name, fitted(error, list(grid))


_CUTS: Mapping[str, Callable[[np.ndarray, float], np.ndarray]] = MappingProxyType(
    {
        "free_bits": np.maximum,
        "divergence_capped": np.minimum,
        "free_bits_for_nothing": lambda rows, number: np.maximum(rows - number, 0),
        "distance_from_number": lambda rows, number: np.abs(rows - number),
    }
)


def _cut_off(change: np.ndarray, first: Seen, second: Seen) -> Found:
    """Find a divergence that is cut off, and where."""
    for name, number in _with_limits(change, first, second):

        def value(seen: Seen, name: str = name, number: float = number) -> np.ndarray:
            return _CUTS[name](seen.divergence, number)

        weight = _fit(value, change, first, second)
        if weight is not None and abs(weight) > 1e-6:
            causes = (cause(name, DIVERGENCE, number=say(number)),)
            more = weight_causes(weight, _latent(first))
            yield Divergence(_scaled(value, weight), (*causes, *more))


def estimate(seen: Seen, z: np.ndarray) -> np.ndarray:
    """Return the estimate of the divergence from draws ``z [..., B, L]``, ``[..., B]``."""
    mu, logsigma = seen.posterior
    noise = (z - mu) * np.exp(-logsigma)
    return np.asarray((0.5 * z**2 - 0.5 * noise**2 - logsigma).sum(-1))


def _of_average(seen: Seen, draws: int) -> np.ndarray:
    return np.asarray(estimate(seen, seen.draws(draws)).mean(0))


def _of_weights_average(seen: Seen, draws: int) -> np.ndarray:
    each = -estimate(seen, seen.draws(draws))
    return np.asarray(np.logaddexp.reduce(each, axis=0) - np.log(draws))


def _estimated(change: np.ndarray, first: Seen, second: Seen) -> Found:
    """Find an estimate from draws: the likelihood's, other ones, or several."""
    options: list[tuple[str, Value]] = []
    if first.knows_draw:
        options.append(("monte_carlo_kl", lambda seen: estimate(seen, seen.decoded)))
    if first.asks("sample_with_reparam"):
        options += [("monte_carlo_kl_other_draw", partial(_of_draw, draw)) for draw in (1, 2)]
    exact = frozenset(("exact",))
    for name, value in options:
        weight = _fit(value, change, first, second)
        if weight is not None and abs(weight) > 1e-6:
            more = weight_causes(weight, _latent(first))
            yield Divergence(_scaled(value, weight), (cause(name, exact), *more))
    for draws in first.numbers_of_draws(_DRAWS):
        mean = partial(_of_average, draws=draws)
        weight = _fit(mean, change, first, second)
        if weight is not None and abs(weight) > 1e-6:
            more = weight_causes(weight, _latent(first))
            causes = (cause("monte_carlo_kl_of_draws", DIVERGENCE, draws=draws), *more)
            yield Divergence(_scaled(mean, weight), causes)
        bound = partial(_of_weights_average, draws=draws)
        weight = _fit(bound, change, first, second)
        if weight is not None and is_near(weight, 1):
            found = cause("importance_weighted", DIVERGENCE, draws=draws)
            yield Divergence(bound, (found,), draws)


def _of_draw(draw: int, seen: Seen) -> np.ndarray:
    return estimate(seen, seen.drawn(draw))


def _of_parts(change: np.ndarray, first: Seen, second: Seen) -> Found:
    """Find weights of mu squared, sigma squared and log sigma, or of what is in place of one."""
    for parts in choices():
        weights = solve(sums(parts, second) - sums(parts, first), change)
        if weights is not None:
            yield Divergence(partial(of_parts, parts, weights), part_causes(parts, weights))


def _of_dimensions(change: np.ndarray, first: Seen, second: Seen) -> Found:
    """Find a divergence each dimension of which is cut off, or of which only some count."""
    for what, value in by_dimension(change, first, second):
        weight = _fit(value, change, first, second)
        if weight is not None and abs(weight) > 1e-6:
            more = weight_causes(weight, _latent(first))
            causes = (cause("divergence_is", DIVERGENCE, what=what), *more)
            yield Divergence(_scaled(value, weight), causes)


def _of_rows(change: np.ndarray, first: Seen, second: Seen) -> Found:
    """Find what a row gets instead of its own divergence."""
    rows = len(change)
    found = moved(change, first.divergence, second.divergence, (rows, -rows))
    if found is None:
        return
    how, map_rows, weight = found
    both = DIVERGENCE | ROWS
    causes: Causes
    if "average over" in how and is_near(weight, -1):
        causes = (cause("averaged_kl", both),)
    elif "average over" in how and is_near(weight, -rows):
        causes = (cause("kl_summed_over_batch", both),)
    else:
        causes = (
            cause("divergence_of_rows", both, how=how),
            *weight_causes(weight, _latent(first)),
        )
    yield Divergence(lambda seen: np.asarray(weight * map_rows(seen.divergence)), causes)
