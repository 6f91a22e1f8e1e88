"""Weights that are no constants: those that change with the batch, the pixels or the dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from types import MappingProxyType

import numpy as np

from grader.kit.misconception import Finding
from grader.vae.elbo.causes import ROWS, Cause, Causes
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits, say, solve, weight_of
from grader.vae.elbo.remainders import Bound

_TERMS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "likelihood_weighted": ("likelihood_weighted_by_sizes", 0),
        "kl_weighted": ("kl_weighted_by_sizes", 1),
        "whole_weighted": ("whole_weighted_by_sizes", 0),
    }
)
"""What is said of constant weights: what is said of others, and which term shows the weight."""
_OF_MEANS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "mean_over_pixels": ("likelihood_weighted", 1),
        "mean_over_dimensions": ("kl_weighted", 2),
    }
)
"""Means that a weight may be: what else is said of it, and the size that it must be 1 over."""
_SIZES = ("batch_size", "obs_dim", "latent_dim")
_ROOM = 2e-3
_POWERS = sorted(product((-1, 0, 1), repeat=3), key=lambda powers: sum(map(abs, powers)))


def by_sizes(causes: Causes, bound: Bound, base: Seen, alone: list[Seen], other: Seen) -> Causes:
    """Return causes in which a weight is told as a constant, or a mean, only where it is one.

    Args:
        causes: what is wrong with the bound of ``base``.
        bound: its terms.
        base: a batch.
        alone: rows of it, each by itself.
        other: a batch of as many rows for a model of other sizes, or of the same.
    """
    if not any(found.finding.name in (*_TERMS, *_OF_MEANS) for found in causes):
        return causes
    seen = [(sizes_of(base), np.ones(2))]
    for batches in (alone, [other]):
        # Where the weights can't be seen, nothing speaks against a constant.
        if (changes := _changes(bound, batches)) is not None:
            seen.append((sizes_of(batches[0]), changes))
    return tuple(_told(_as_weight(found, seen), seen) for found in causes)


def sizes_of(seen: Seen) -> tuple[int, int, int]:
    """Return how many rows, pixels and latent dimensions there are."""
    return seen.rows, seen.model.x.shape[1], seen.posterior[0].shape[1]


def _changes(bound: Bound, batches: list[Seen]) -> np.ndarray | None:
    """Return how many times their weights in ``base`` both terms count in these batches."""
    if any(seen.answer.size != seen.rows for seen in batches):
        return None
    parts = [(bound.likelihood.value(seen), bound.divergence.of(seen)) for seen in batches]
    columns = np.concatenate([np.stack(pair, axis=-1) for pair in parts])
    actual = np.concatenate([seen.answer.reshape(-1) for seen in batches])
    # A term that hardly counts shows its weight too badly to say that it is another.
    if fits(actual, columns.sum(-1)):
        return np.ones(2)
    for term, other in ((1, 0), (0, 1)):
        change = weight_of(columns[:, term], actual - columns[:, other])
        if change is not None:
            return np.array((1.0, change) if term else (change, 1.0))
    return solve(columns, actual)


def _as_weight(found: Cause, seen: list[tuple[tuple[int, int, int], np.ndarray]]) -> Cause:
    """Return a mean as the weight that it is in one batch, unless it is a mean in all."""
    if found.finding.name not in _OF_MEANS:
        return found
    name, size = _OF_MEANS[found.finding.name]
    term, here = _TERMS[name][1], seen[0][0][size]
    if all(abs(changes[term] * sizes[size] / here - 1) < _ROOM for sizes, changes in seen):
        return found
    return replace(found, finding=Finding(name, {"weight": 1 / here}))


def _told(found: Cause, seen: list[tuple[tuple[int, int, int], np.ndarray]]) -> Cause:
    if found.finding.name not in _TERMS:
        return found
    name, term = _TERMS[found.finding.name]
    weights = [(sizes, float(changes[term])) for sizes, changes in seen]
    weight = float(found.finding.fields["weight"])
    if all(abs(change - 1) < _ROOM for _, change in weights):
        return replace(found, finding=Finding(found.finding.name, {"weight": say(weight)}))
    of_rows = any(s[0] != seen[0][0][0] and abs(change - 1) >= _ROOM for s, change in weights)
    words = _product(weight, weights) or _one_by_one(weight, weights)
    return replace(
        found,
        finding=Finding(name, {"weight": words}),
        checks=found.checks | (ROWS if of_rows else frozenset()),
    )


def _product(weight: float, weights: list[tuple[tuple[int, int, int], float]]) -> str | None:
    """Return a weight as a product of sizes, or None if it is no simple one."""
    here = np.array(weights[0][0], float)
    for powers in _POWERS:
        changes = [float(np.prod((np.array(sizes) / here) ** powers)) for sizes, _ in weights]
        actual = [change for _, change in weights]
        if not np.allclose(actual, changes, rtol=_ROOM, atol=0):
            continue
        factor = weight / float(np.prod(here ** np.array(powers, float)))
        above, below = (
            [name for name, power in zip(_SIZES, powers, strict=True) if power == sign]
            for sign in (1, -1)
        )
        # A weight has three digits, which leave so much room.
        whole = round(factor)
        number = str(whole) if abs(factor - whole) < 5e-3 * whole else say(factor)
        top = " * ".join(([number] if number != "1" or not above else []) + above)
        return " / ".join((top, *below))
    return None


def _one_by_one(weight: float, weights: list[tuple[tuple[int, int, int], float]]) -> str:
    """Return a weight in words, for each of the sizes that were asked about."""
    return ", ".join(
        f"{say(weight * change)} where batch_size is {rows}, obs_dim {pixels} and latent_dim {dims}"
        for (rows, pixels, dims), change in weights
    )
