"""How pixels come out given their probabilities, where that is wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from grader.kit.misconception import Finding
from grader.kit.rounding import short
from grader.vae.sample.shown import LEVELS, PLACES, Shown

Findings = tuple[Finding, ...]
_MANY = 8
_RARE = 0.05
_CLOSE = 0.025
"""Of a frequency, over some thousand draws."""
_LAWS: tuple[tuple[Finding, Callable[[np.ndarray], np.ndarray]], ...] = (
    (Finding("inverted"), lambda t: 1 - t),
    (Finding("sigmoid_twice"), expit),
    (Finding("fair_coins"), lambda t: np.full_like(t, 0.5)),
    (Finding("compared_with_normal"), ndtr),
    (Finding("compared_with_normal_reversed"), lambda t: 1 - ndtr(t)),
    (Finding("rate_is", {"rate": "1 - exp(-theta)"}), lambda t: -np.expm1(-t)),
    (
        Finding("rate_is", {"rate": "theta where it is above a half, else 0"}),
        lambda t: t * (t > 0.5),
    ),
    (Finding("rate_is", {"rate": "2 theta (1 - theta)"}), lambda t: 2 * t * (1 - t)),
    (Finding("rate_is", {"rate": "1 - (1 - theta) squared"}), lambda t: 1 - (1 - t) ** 2),
    (
        Finding("rate_is", {"rate": "a half where theta is above a half, else 0"}),
        lambda t: 0.5 * (t > 0.51) + 0.25 * (np.abs(t - 0.5) < 0.01),
    ),
    (
        Finding("rate_is", {"rate": "a half where theta is above a half, else 0"}),
        lambda t: 0.5 * (t > 0.51),
    ),
    (
        Finding("rate_is", {"rate": "that of a uniform number between -1 and 1"}),
        lambda t: (1 + t) / 2,
    ),
)


def of_pixels(shown: Shown) -> Findings:
    """Return how pixels come out given their probabilities, where that is wrong."""
    if not shown.decodes:
        return (Finding("decoder_not_called"),)
    x, thetas = shown.constants, shown.thetas
    if np.allclose(x, thetas, atol=1e-4):
        return (Finding("probabilities_returned"),)
    numbers = np.unique(x)
    findings: list[Finding] = []
    if len(numbers) == 2 and set(numbers) != {0.0, 1.0}:
        low, high = numbers
        if low == 0 and (dropped := _dropped(x, thetas, float(high))):
            return (dropped,)
        findings.append(Finding("pixel_values", {"low": short(low), "high": short(high)}))
    elif len(numbers) > 2:
        return _of_many_numbers(x, thetas)
    elif len(numbers) == 1 and numbers[0] in (0, 1):
        return (Finding("rate_unmoved", {"rate": f"{numbers[0]:.0%}"}),)
    return (*findings, *_of_coins(np.float64(x == numbers[-1]), thetas))


def _dropped(x: np.ndarray, thetas: np.ndarray, high: float) -> Finding | None:
    """Return whether pixels are set to 0 at random, and the others made larger."""
    kept = float(np.mean(x[thetas == 1] != 0))
    if kept < 0.99 and abs(high * kept - 1) < 0.05:
        return Finding("dropped", {"share": f"{round(20 * (1 - kept)) * 5}%", "high": short(high)})
    return None


def _of_many_numbers(x: np.ndarray, thetas: np.ndarray) -> Findings:
    whole = (x == 0) | (x == 1)
    rows = np.all(whole, axis=2)
    for place, which in ((0, "first"), (-1, "last")):
        others = np.delete(rows, place, axis=1)
        if np.all(others) and not np.any(rows[:, place]):
            return (Finding("one_row_not_drawn", {"which": which}),)
    zero = x == 0
    if np.all(zero | (np.abs(x - thetas) < 1e-4)):
        return (Finding("theta_masked"),)
    means = np.array([x[thetas == level].mean() for level in LEVELS])
    spreads = np.array([x[thetas == level].std() for level in LEVELS])
    if averaged := _averaged(x, means, spreads):
        return (averaged,)
    above = np.array([np.mean(x[thetas == level] > 0.5) for level in LEVELS])
    if np.all(np.abs(above - LEVELS) < _CLOSE) and x.min() >= 0 and x.max() <= 1:
        return (Finding("relaxed"),)
    if np.all(np.abs(means - LEVELS) < _CLOSE) and np.max(spreads) > 0.05:
        return (Finding("noise_around_theta"),)
    numbers = np.unique(x)
    words = ", ".join(map(short, numbers)) if len(numbers) < _MANY else "many different numbers"
    return (Finding("other_numbers", {"numbers": words}),)


def _averaged(x: np.ndarray, means: np.ndarray, spreads: np.ndarray) -> Finding | None:
    """Return of how many draws pixels are the average, if they have its mean and spread."""
    for draws in range(2, 101):
        due = np.sqrt(LEVELS * (1 - LEVELS) / draws)
        near = np.all(np.abs(means - LEVELS) < _CLOSE) and np.all(np.abs(spreads - due) < _CLOSE)
        if near and np.all(np.abs(x * draws - np.rint(x * draws)) < 1e-3):
            return Finding("draws_averaged", {"draws": draws})
    return None


def _of_coins(x: np.ndarray, thetas: np.ndarray) -> Findings:
    """Return how zeros and ones ``[calls, rows, n]`` are drawn, where that is wrong."""
    rows = _of_rows(x, thetas)
    if rows:
        return rows
    fixed = [np.ptp(x[thetas == level]) == 0 for level in LEVELS]
    rates = np.array([x[thetas == level].mean() for level in LEVELS])
    if all(fixed):
        ones = LEVELS[rates == 1]
        if len(ones) and np.all(np.diff(rates) >= 0):
            if 0.5 <= ones.min() < 0.56 and rates[LEVELS < 0.49].max() == 0:
                return (Finding("thresholded"),)
            edge = (ones.min() + LEVELS[rates == 0].max(initial=0.0)) / 2
            return (Finding("threshold", {"edge": f"{edge:.2g}"}),)
        return (Finding("not_random"),)
    if region := _of_columns(x, thetas):
        return region
    if np.max(np.abs(rates - LEVELS)) < _CLOSE:
        return _of_sharing(x, thetas)
    return _of_rates(rates)


def _of_rows(x: np.ndarray, thetas: np.ndarray) -> Findings:
    """Return which samples are not drawn at all."""
    ones = np.abs(x.mean(2) - thetas.mean(2))
    odd = np.all(ones > 0.25, axis=0)
    blank = np.all(np.ptp(x, axis=2) == 0, axis=0)
    if not blank.any() or blank.all() or not odd.any() or _are_rare(x[:, ~blank], thetas):
        return _of_rounded_rows(x, thetas)
    first, count = int(np.argmax(blank)), len(blank)
    value = "ones" if x[0, first, 0] else "zeros"
    places = np.flatnonzero(blank)
    if len(places) == 1:
        which = {0: "the first sample", count - 1: "the last sample"}.get(
            first, f"sample {first + 1}"
        )
    elif len(places) == count - first:
        which = f"every sample from number {first + 1} on"
    else:
        which = f"{len(places)} of {count} samples"
    return (Finding("blank_rows", {"which": which, "value": value}),)


def _are_rare(x: np.ndarray, thetas: np.ndarray) -> bool:
    """Return whether ones are so rare that some samples or pixels have none by chance."""
    return bool(x.mean() < _RARE * thetas.mean()) if x.size else False


def _of_rounded_rows(x: np.ndarray, thetas: np.ndarray) -> Findings:
    clear = np.abs(thetas - 0.5) > 0.01
    still = np.all((x == (thetas > 0.5)) | ~clear, axis=(0, 2))
    if still.sum() == 1 and still[[0, -1]].any():
        which = "first" if still[0] else "last"
        return (Finding("row_rounded", {"which": which}),)
    return ()


def _of_columns(x: np.ndarray, thetas: np.ndarray) -> Findings:
    """Return which pixels are not drawn while others are."""
    dead = np.all(x == 0, axis=1)
    if dead.mean() > 0.05 and not _are_rare(np.swapaxes(x, 1, 2)[~dead], thetas):
        return (Finding("pixels_dead", {"share": f"{round(20 * dead.mean()) * 5}%"}),)
    inner = (thetas > 0.3) & (thetas < 0.7)
    rounded = np.float64(thetas > 0.5)
    off = np.where(inner & (thetas != 0.5), x != rounded, False)
    still = ~np.any(off, axis=(0, 1))
    places = np.flatnonzero(still)
    if len(places) and not still.all() and np.all(np.diff(places) == 1):
        return (Finding("pixels_not_drawn", {"first": int(PLACES[places[0]])}),)
    return ()


def _of_sharing(x: np.ndarray, thetas: np.ndarray) -> Findings:
    """Return which pixels or samples share their random number, where frequencies are right."""

    def are_ordered(axis: tuple[int, ...]) -> bool:
        # One number for all: whatever is 1 has a larger theta than whatever is 0.
        highest = np.max(np.where(x == 0, thetas, -1.0), axis=axis)
        lowest = np.min(np.where(x == 1, thetas, 2.0), axis=axis)
        return bool(np.all(highest <= lowest))

    if are_ordered((2,)):
        return (Finding("one_uniform_for_all_pixels"),)
    if are_ordered((1,)):
        return (Finding("one_uniform_image_for_all"),)
    scores = (x - thetas) / np.sqrt(np.maximum(thetas * (1 - thetas), 1e-3))
    scores = np.where((thetas > 0.1) & (thetas < 0.9), scores, 0.0)
    for axis, what in ((1, "samples"), (2, "pixels")):
        lines = np.moveaxis(scores, axis, 0).reshape(scores.shape[axis], -1)
        size = np.linalg.norm(lines, axis=1)
        alike = (lines @ lines.T) / np.maximum(np.outer(size, size), 1e-9)
        np.fill_diagonal(alike, 0.0)
        pairs = np.argwhere(np.abs(alike) > 0.5)
        if len(pairs):
            first, second = sorted(pairs[0])
            minus = "turned round, " if alike[first, second] < 0 else ""
            gap = int(second - first if axis == 1 else PLACES[second] - PLACES[first])
            return (Finding("uniforms_shared", {"what": what, "gap": gap, "minus": minus}),)
    return ()


def _of_rates(rates: np.ndarray) -> Findings:
    """Return as which function of theta pixels are 1."""
    for finding, law in _LAWS:
        if np.max(np.abs(rates - law(LEVELS))) < _CLOSE:
            if finding.name == "fair_coins":
                return (Finding("rate_unmoved", {"rate": "50%"}),)
            return (finding,)
    (slope, start), *_ = np.polyfit(LEVELS, rates, 1, full=True)
    if np.max(np.abs(rates - (start + slope * LEVELS))) < _CLOSE:
        if abs(slope) < 0.05:
            if rates[LEVELS > 0.5].mean() > 2 * rates[LEVELS < 0.5].mean():
                divisor = float(f"{LEVELS.mean() / rates.mean():.1e}")
                return (Finding("theta_divided", {"divisor": f"{divisor:g}"}),)
            return (Finding("rate_unmoved", {"rate": f"{rates.mean():.0%}"}),)
        if abs(start) < _CLOSE:
            return (Finding("thinned", {"share": f"{round(20 * (1 - slope)) * 5}%"}),)
        fields = {"low": f"{start:.0%}", "high": f"{start + slope:.0%}"}
        return (Finding("rates_between", fields),)
    inner = slice(2, -2)
    if np.all((rates[inner] > 0) & (rates[inner] < 1)):
        power = float(np.median(np.log(rates[inner]) / np.log(LEVELS[inner])))
        if np.max(np.abs(rates - LEVELS**power)) < _CLOSE:
            return (Finding("rate_power", {"power": f"{power:.2g}"}),)
        sharp = float(np.median((logit(rates) / logit(LEVELS))[[3, 4, 5, 6, -7, -6, -5, -4]]))
        if np.max(np.abs(rates - expit(sharp * logit(LEVELS)))) < _CLOSE:
            return (Finding("rate_temperature", {"factor": f"{sharp:.2g}"}),)
    known = (rates > 0.01) & (rates < 0.99)
    if known.sum() > len(LEVELS) // 2:
        (slope, start), *_ = np.polyfit(LEVELS[known], ndtri(rates[known]), 1, full=True)
        if np.max(np.abs(rates - ndtr(start + slope * LEVELS))) < _CLOSE:
            reversed_or_not = "" if slope > 0 else "_reversed"
            return (Finding(f"compared_with_normal{reversed_or_not}"),)
    low, high = float(rates.min()), float(rates.max())
    if np.max(np.abs(rates - np.clip(LEVELS, low, high))) < _CLOSE:
        return (Finding("rates_held", {"low": f"{low:.0%}", "high": f"{high:.0%}"}),)
    return ()
