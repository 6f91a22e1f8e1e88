"""Statistical tests with a fixed false-alarm rate.

Every test answers whether draws are compatible with a hypothesis; each is wrong about right draws
with probability at most `ALPHA`, so that a check of several tests stays below 1e-7. Sample sizes
are the checks' own; what they detect stands in the checks' docstrings.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtr, chdtrc, erfc, kolmogorov, ndtr, stdtr

ALPHA = 1e-8


def normal_fits(statistic: float) -> bool:
    """Whether a statistic that should be standard normal can be (two-sided)."""
    return bool(np.isfinite(statistic)) and float(erfc(abs(statistic) / np.sqrt(2))) >= ALPHA


def chi_square_fits(statistic: float, freedom: int) -> bool:
    """Whether a statistic that should be chi-square can be (two-sided)."""
    if not np.isfinite(statistic):
        return False
    return 2 * min(float(chdtr(freedom, statistic)), float(chdtrc(freedom, statistic))) >= ALPHA


def mean_is_zero(draws: np.ndarray) -> bool:
    """Student's t test (two-sided)."""
    if draws.size < 2:
        return True
    spread = draws.std(ddof=1)
    if spread == 0:
        return bool(abs(draws.mean()) < 1e-6)
    statistic = float(draws.mean() / spread * np.sqrt(draws.size))
    return 2 * float(stdtr(draws.size - 1, -abs(statistic))) >= ALPHA


def slope_is_zero(draws: np.ndarray, regressor: np.ndarray) -> bool:
    """Whether draws do not lean on a regressor: self-normalised (White's) score test."""
    x = regressor - regressor.mean()
    spread = np.sqrt(np.sum((x * draws) ** 2))
    return spread == 0 or normal_fits(float(np.sum(x * draws) / spread))


def variance_is_one(draws: np.ndarray) -> bool:
    """Chi-square test of the variance of normal draws around their own mean."""
    if draws.size < 2:
        return True
    return chi_square_fits(float(np.sum((draws - draws.mean()) ** 2)), draws.size - 1)


def is_normal(draws: np.ndarray) -> bool:
    """Kolmogorov-Smirnov test against the standard normal distribution."""
    ordered = np.sort(draws)
    cdf = ndtr(ordered)
    steps = np.arange(ordered.size + 1) / ordered.size
    distance = max(np.max(steps[1:] - cdf), np.max(cdf - steps[:-1]))
    root = np.sqrt(ordered.size)
    # Stephens' correction for finite samples (1970).
    return float(kolmogorov((root + 0.12 + 0.11 / root) * distance)) >= ALPHA


def is_unshared(draws: np.ndarray, axis: int) -> bool:
    """Whether standard normal draws ``[rows, columns]`` are independent along an axis.

    A part that is shared along the axis makes the sums along it vary more than independent draws
    do (chi-square test of the sums), one shared by neighbours makes them correlate.
    """
    count = draws.shape[axis]
    if count < 2:
        return True
    sums = draws.sum(axis) / np.sqrt(count)
    if not chi_square_fits(float(np.sum(sums**2)), sums.size):
        return False
    first, second = np.take(draws, range(count - 1), axis), np.take(draws, range(1, count), axis)
    return uncorrelated(first, second)


def uncorrelated(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether paired draws of mean zero are uncorrelated: self-normalised product test."""
    products = first * second
    spread = np.sqrt(np.sum(products**2))
    return spread == 0 or normal_fits(float(products.sum() / spread))


def frequency_fits(hits: float, draws: int, probability: float) -> bool:
    """Whether so many hits in Bernoulli draws fit a probability (normal limit, large samples)."""
    spread = np.sqrt(draws * probability * (1 - probability))
    return normal_fits((hits - draws * probability) / spread)
