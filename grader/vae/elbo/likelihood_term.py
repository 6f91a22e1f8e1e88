"""Which likelihood is in a bound, read off two batches that differ in the decoder alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from grader.kit.misconception import Finding
from grader.vae.elbo.causes import LIKELIHOOD, ROWS, Cause, Causes, cause
from grader.vae.elbo.facts import Seen
from grader.vae.elbo.fits import fits, fitted, is_near, say, solve, times, weight_of
from grader.vae.elbo.pixels import (
    FAMILIES,
    FUNCTIONS,
    LOGARITHMS,
    NOT_BY_PIXEL,
    Family,
    Function,
    log_rest,
    log_theta,
)
from grader.vae.elbo.row_maps import moved

Value = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""``logits [B, D], x [B, D] -> [B]``."""
Target = Callable[[Seen], np.ndarray]


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The likelihood of a bound, with its weight, and what is wrong with it."""

    of: Value
    target: Target
    causes: Causes = ()

    def value(self, seen: Seen) -> np.ndarray:
        """Return what it is for a batch, ``[B]``."""
        return self.of(seen.logits, self.target(seen))


def right_likelihood(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the log likelihood of rows, ``[B]``."""
    return np.asarray((x * log_theta(logits) + (1 - x) * log_rest(logits)).sum(-1))


def likelihoods(first: Seen, others: Sequence[Seen]) -> list[Likelihood]:
    """Return likelihoods that explain how others differ from the first of batches, if any do.

    They are as simple as can be, and of one kind.
    """
    change = np.concatenate([other.answer - first.answer for other in others])
    targets: list[Target] = [lambda seen: seen.model.x]
    if np.any(first.kept != first.model.x):
        targets.append(lambda seen: seen.kept)
    for search in (_weighted, _with_a_number, _not_by_pixel, _of_functions, _of_rows):
        found = []
        for target in targets:
            batches = [(seen.logits, target(seen)) for seen in (first, *others)]
            with np.errstate(all="ignore"):
                found += [Likelihood(of, target, causes) for of, causes in search(change, batches)]
        if found:
            return sorted(found, key=lambda one: len(one.causes))
    return []


Batch = tuple[np.ndarray, np.ndarray]
Found = Iterator[tuple[Value, Causes]]


def _changed(value: Value, batches: Sequence[Batch]) -> np.ndarray:
    """Return what a function of other batches is more than that of the first, one by one."""
    first, *others = (value(*batch) for batch in batches)
    return np.concatenate([other - first for other in others])


def _columns(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return what ones and zeros have of each logarithm, ``[B, 4]``."""
    parts = [part * log(logits) for part in (x, 1 - x) for log in (log_theta, log_rest)]
    return np.stack([part.sum(-1) for part in parts], axis=-1)


def _weighted(change: np.ndarray, batches: Sequence[Batch]) -> Found:
    """Find weights of both logarithms for ones and for zeros."""
    weights = solve(_changed(_columns, batches), change)
    if weights is not None:
        causes = _of_weights(weights, batches[0][0].shape[-1])
        yield lambda logits, x: _columns(logits, x) @ weights, causes


def _of_weights(weights: np.ndarray, pixels: int) -> Causes:
    """Return what is wrong with weights of log theta and log(1 - theta), for ones, then zeros."""
    on, rest_on, off_theta, off = (float(weight) for weight in weights)
    largest = float(np.max(np.abs(weights)))
    none = [abs(weight) <= 2e-3 * max(largest, 1e-3) for weight in weights]
    if largest < 1e-5:
        return (cause("likelihood_missing", LIKELIHOOD | {"sampled"}),)
    if none[1] and none[2]:
        if is_near(on, off):
            return weight_causes((on + off) / 2, pixels)
        if none[0] or none[3]:
            name, weight = ("pixels_off_only", off) if none[0] else ("pixels_on_only", on)
            return (cause(name, LIKELIHOOD), *weight_causes(weight, pixels))
        name, weight, other = ("pixels_off_weighted", off, on)
        if is_near(off, 1):
            name, weight, other = ("pixels_on_weighted", on, off)
        if is_near(other, 1):
            return (cause(name, LIKELIHOOD, weight=say(weight)),)
    if none[0] and none[3] and is_near(rest_on, off_theta):
        return (cause("x_exchanged", LIKELIHOOD), *weight_causes(rest_on, pixels))
    one_of_two = all(min(abs(part), abs(part - 1)) < 2e-3 for part in (on, off_theta))
    if is_near(on + rest_on, 1) and is_near(off_theta + off, 1) and not one_of_two:
        return (cause("pixels_count_as_numbers", LIKELIHOOD, on=say(on), off=say(off_theta)),)
    names = dict(zip(("on", "off"), (_sum(on, rest_on), _sum(off_theta, off)), strict=True))
    return (cause("pixels_count_as", LIKELIHOOD, **names),)


def _sum(first: float, second: float) -> str:
    pairs = zip((first, second), LOGARITHMS, strict=True)
    terms = [times(weight, name) for weight, name in pairs if abs(weight) > 1e-3]
    words = " plus ".join(terms) or "nothing that depends on theta"
    return words.replace("plus minus", "minus").replace("plus -", "minus ")


def weight_causes(weight: float, pixels: int) -> Causes:
    """Return what is wrong with a weight of the likelihood, if anything is."""
    if is_near(weight, 1):
        return ()
    if is_near(weight, -1):
        return (cause("likelihood_sign", LIKELIHOOD),)
    for sign in (1, -1):
        more = (cause("likelihood_sign", LIKELIHOOD),) if sign < 0 else ()
        if abs(sign * weight * pixels - 1) < 2e-3:
            return (cause("mean_over_pixels", LIKELIHOOD), *more)
        if any(abs(sign * weight * np.log(base) - 1) < 1e-3 for base in (2, 10)):
            return (cause("other_logarithm", LIKELIHOOD), *more)
    return (cause("likelihood_weighted", LIKELIHOOD, weight=say(weight)),)


def _with_a_number(change: np.ndarray, batches: Sequence[Batch]) -> Found:
    """Find a likelihood with a constant in it, and the constant."""

    def with_number(family: Family, number: float) -> Value:
        return lambda logits, x: family.pixels(logits, x, number).sum(-1)

    for family in FAMILIES:

        def error(number: float, family: Family = family) -> float:
            column = _changed(with_number(family, number), batches)
            if not np.all(np.isfinite(column)):
                return np.inf
            weight = float(column @ change / max(float(column @ column), 1e-12))
            return float(np.sum((change - weight * column) ** 2))

        number = fitted(error, list(family.grid))
        value = with_number(family, number)
        weight = weight_of(_changed(value, batches), change)
        changes_nothing = fits(_changed(value, batches), _changed(right_likelihood, batches))
        if weight is None or changes_nothing or any(is_near(number, end) for end in family.ends):
            continue
        more = weight_causes(weight, batches[0][0].shape[-1])
        high, low = say(1 - number), say(number)
        found = Cause(Finding(family.name, {"number": low, "rest": high}), LIKELIHOOD)
        yield _scaled(value, weight), (found, *more)


def _scaled(value: Value, weight: float) -> Value:
    return lambda logits, x: np.asarray(weight * value(logits, x))


def _not_by_pixel(change: np.ndarray, batches: Sequence[Batch]) -> Found:
    """Find a likelihood that does not add up the pixels."""
    for what, whole in NOT_BY_PIXEL.items():

        def value(logits: np.ndarray, x: np.ndarray, whole: Callable = whole) -> np.ndarray:
            return np.asarray(whole(x * log_theta(logits) + (1 - x) * log_rest(logits), x))

        weight = weight_of(_changed(value, batches), change)
        if weight is not None and abs(weight) > 1e-6:
            sign = "minus " if weight < 0 else ""
            yield _scaled(value, weight), (cause("likelihood_is", LIKELIHOOD, what=sign + what),)


_NAMED = {
    ("theta", "1 - theta", 1.0): "logarithm_forgotten",
    ("log sigmoid(theta)", "log(1 - sigmoid(theta))", 1.0): "sigmoid_twice",
}


def _on(function: Function, logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray((x * function(logits)).sum(-1))


def _off(function: Function, logits: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(((1 - x) * function(logits)).sum(-1))


def _of_functions(change: np.ndarray, batches: Sequence[Batch]) -> Found:
    """Find functions that ones and zeros count as."""

    def of(on: str, off: str, weights: np.ndarray) -> Value:
        def value(logits: np.ndarray, x: np.ndarray) -> np.ndarray:
            ones, zeros = FUNCTIONS[on](logits), FUNCTIONS[off](logits)
            return np.asarray((weights[0] * x * ones + weights[1] * (1 - x) * zeros).sum(-1))

        return value

    ones = {name: _changed(partial(_on, function), batches) for name, function in FUNCTIONS.items()}
    zeros = {
        name: _changed(partial(_off, function), batches) for name, function in FUNCTIONS.items()
    }
    for on, off in product(FUNCTIONS, FUNCTIONS):
        weights = solve(np.stack((ones[on], zeros[off]), -1), change)
        if weights is not None:
            yield of(on, off, weights), _of_pair(on, off, weights)


def _of_pair(on: str, off: str, weights: np.ndarray) -> Causes:
    first, second = (float(weight) for weight in weights)
    if is_near(first, second):
        for (one, zero, weight), name in _NAMED.items():
            if (on, off) == (one, zero) and is_near(first, weight):
                return (cause(name, LIKELIHOOD),)
        if (on, off) == ("(1 - theta) squared", "theta squared") and first < 0:
            return (cause("squared_error", LIKELIHOOD),)
        if (on, off) == ("1 - theta", "theta") and is_near(first, -100):
            return (cause("cross_entropy_arguments_swapped", LIKELIHOOD),)
        if (on, off) == ("1 - theta", "theta") and first < 0:
            return (cause("absolute_error", LIKELIHOOD),)
    words = (times(weight, what) for weight, what in ((first, on), (second, off)))
    names = dict(zip(("on", "off"), words, strict=True))
    return (cause("pixels_count_as", LIKELIHOOD, **names),)


def _of_rows(change: np.ndarray, batches: Sequence[Batch]) -> Found:
    """Find what a row gets instead of its own log likelihood."""
    rows, pixels = batches[0][0].shape
    factors = (1 / pixels, -1 / pixels, rows, -rows)
    first, second = (right_likelihood(*batch) for batch in batches[:2])
    found = moved(change[:rows], first, second, factors)
    if found is None:
        return
    how, map_rows, weight = found
    both = LIKELIHOOD | ROWS
    if "average over" in how and abs(weight * pixels - 1) < 2e-3:
        causes: Causes = (cause("default_reduction", both),)
    elif "average over" in how and is_near(weight, 1):
        causes = (cause("averaged_likelihood", both),)
    elif "average over" in how and is_near(weight, rows):
        causes = (cause("likelihood_summed_over_batch", both),)
    else:
        causes = (
            cause("likelihood_of_rows", both, how=how),
            *weight_causes(weight, pixels),
        )
    yield lambda logits, x: weight * map_rows(right_likelihood(logits, x)), causes
