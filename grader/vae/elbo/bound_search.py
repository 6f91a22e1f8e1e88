"""Which two terms, and which function of them, explain what came of batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from grader.vae.elbo.causes import DIVERGENCE, LIKELIHOOD, ROWS, VALUE, Causes, cause
from grader.vae.elbo.divergence_term import Divergence, divergences
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits, is_near, say
from grader.vae.elbo.likelihood_term import Likelihood, likelihoods
from grader.vae.elbo.remainders import Bound, constant_causes
from grader.vae.elbo.row_maps import ROW_MAPS, mixed_bound, places

BLIND = ("base", "pixels", "more_pixels", "other_pixels", "posterior", "prior")
"""Questions about models whose decoder ignores z."""
_NOTHING = 0.05
"""Bounds are larger than that, and so are their terms."""
Answers = Mapping[str, tuple[Seen, ...]]

INVERSES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = MappingProxyType(
    {
        "the exponential of the ELBO": np.log,
        "the exponential of the negative ELBO": lambda y: -np.log(y),
        "the sigmoid of the ELBO": lambda y: np.log(y) - np.log1p(-y),
        "the softplus of the ELBO": lambda y: np.log(np.expm1(y)),
        "the square of the ELBO": lambda y: -np.sqrt(y),
        "the root of the negative ELBO": lambda y: -(y**2),
        "the logarithm of the negative ELBO": lambda y: -np.exp(y),
        "minus the logarithm of the negative ELBO": lambda y: -np.exp(-y),
        "1 divided by the ELBO": lambda y: 1 / y,
        "log(1 + exp) of the negative ELBO": lambda y: -np.log(np.expm1(y)),
    }
)
"""How to get the ELBO back from functions of it, which are named in words."""


def find_bound(answers: Answers) -> tuple[Bound | None, Causes]:
    """Return the terms that explain the batches, and what is known to be wrong where none do."""
    seen = [answers[name][0] for name in BLIND]
    base, *pixels, posterior, _ = seen
    if all(np.max(np.abs(one.answer)) < _NOTHING for one in seen):
        return None, ()
    of_likelihood = likelihoods(base, pixels)
    of_divergence = divergences(base, posterior)
    pairs = [Bound(first, second) for first in of_likelihood for second in of_divergence]
    if pairs:
        return _best(pairs, seen, answers.get("sizes", answers["base"])[0]), ()
    causes = []
    if of_likelihood:
        right = of_likelihood[0].causes or (cause("likelihood_right", DIVERGENCE),)
        causes = [*right, cause("divergence_other", DIVERGENCE)]
    elif of_divergence:
        right = of_divergence[0].causes or (cause("divergence_right", LIKELIHOOD),)
        causes = [*right, cause("likelihood_other", LIKELIHOOD)]
    return None, tuple(causes)


def _best(pairs: Sequence[Bound], seen: Sequence[Seen], sizes: Seen) -> Bound:
    """Return the first bound that leaves nothing, or else the first that leaves a constant."""
    left = [constant_causes(pair, seen, sizes) for pair in pairs]
    for pair, causes in zip(pairs, left, strict=True):
        if causes == ():
            return pair
    return next((p for p, causes in zip(pairs, left, strict=True) if causes is not None), pairs[0])


def right_value(seen: Seen) -> np.ndarray:
    """Return the bound of what the helpers were given, ``[B]``."""
    return Bound(_RIGHT, _NEGATIVE).value(seen)


def find_function(seen: Sequence[Seen]) -> str | None:
    """Return in words which function of a right bound was returned, if it is one."""
    for what, inverse in INVERSES.items():
        with np.errstate(all="ignore"):
            undone = [inverse(one.answer) for one in seen]
        if all(fits(y, right_value(one), 2e-4) for y, one in zip(undone, seen, strict=True)):
            return what
    return None


def of_whole_rows(seen: Sequence[Seen]) -> Causes:
    """Return what stands in rows, where it is made of the batch's right bounds as a whole."""
    rights = [right_value(one) for one in seen]
    if all(fits(one.answer, right, 2e-4) for one, right in zip(seen, rights, strict=True)):
        return ()
    checks = VALUE | ROWS
    for how, mixed in ROW_MAPS.items():
        rows = [mixed(right) for right in rights]
        if all(fits(one.answer, row, 2e-4) for one, row in zip(seen, rows, strict=True)):
            return (cause("bound_of_rows", checks, how=how),)
    kept = np.all(
        [np.abs(y.answer - right) < 1e-3 for y, right in zip(seen, rights, strict=True)], 0
    )
    gone = [np.where(kept, right, 0.0) for right in rights]
    if np.any(kept) and all(fits(y.answer, z, 2e-4) for y, z in zip(seen, gone, strict=True)):
        return (cause("bound_of_rows", checks, how=f"0 in {places(~kept)}"),)
    mixture = mixed_bound([one.answer for one in seen], rights)
    if mixture is None:
        return ()
    return (cause("average_added", checks, own=mixture[0], weight=mixture[1]),)


def weights_together(bound: Bound, answers: Answers) -> Causes | None:
    """Return that both terms have the same factor, None if they have not."""
    names = {found.finding.name for found in bound.causes}
    base, sizes = (answers.get(n, answers["base"])[0] for n in ("base", "sizes"))
    if len(names) < 2 or not names <= _WEIGHTS:
        return None
    factor = _factor(bound, base)
    if factor is None or abs(factor) < 1e-6:
        return None
    if is_near(factor, -1):
        return (cause("negated", VALUE),)
    for unit in ("pixel", "dimension"):
        here, there = (
            (seen.model.x if unit == "pixel" else seen.posterior[0]).shape[1]
            for seen in (base, sizes)
        )
        if abs(factor * here - 1) < 2e-3 and here != there and sizes.by_row:
            whole = "the number of pixels" if unit == "pixel" else "latent_dim"
            return (cause("whole_divided", VALUE, number=whole),)
    return (cause("whole_weighted", VALUE, weight=say(factor)),)


_WEIGHTS = frozenset(
    (
        "likelihood_sign",
        "likelihood_weighted",
        "likelihood_missing",
        "other_logarithm",
        "mean_over_pixels",
        "kl_added",
        "kl_weighted",
        "kl_missing",
        "mean_over_dimensions",
    )
)


def _factor(bound: Bound, seen: Seen) -> float | None:
    """Return the factor of the right bound that the terms add up to."""
    right = right_value(seen)
    value = bound.value(seen)
    factor = float(value @ right / (right @ right))
    room = 1e-3 * float(np.max(np.abs(value)))
    return factor if np.allclose(value, factor * right, rtol=0, atol=room) else None


def _right_likelihood_of(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray((x * logits - np.logaddexp(0.0, logits)).sum(-1))


_RIGHT = Likelihood(_right_likelihood_of, lambda seen: seen.model.x)
_NEGATIVE = Divergence(lambda seen: -seen.divergence)
