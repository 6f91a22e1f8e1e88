"""Statistical tests with a stated false-alarm rate.

Every test returns p-values: how likely draws that are right look at least so odd. A check puts all
its p-values together with `compatible`, which is wrong about right draws with probability at most
`ALPHA`, however the p-values depend on each other. What the checks detect stands in README.md.
"""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr, bdtrc, chdtr, chdtrc, erfc, fdtr, gammaln, ndtr, pdtrc, stdtr

ALPHA = 1e-7
"""How often a check may be lost by right draws."""

_TAILS = (0.5, 1.0, 1.5, 1.8)
_FAR = (3.0, 3.2)


def compatible(*p_values: float, families: int = 1) -> bool:
    """Return whether right draws may give these p-values (Bonferroni's rule); NaN they never do.

    ``families`` is among how many such sets of p-values the rate of a check is divided.
    """
    return not p_values or bool(np.min(p_values) * len(p_values) * families >= ALPHA)


def normal(statistic: float) -> float:
    """Return the p-value of a statistic that should be standard normal (two-sided)."""
    return float(normals(statistic))


def chi_square(statistic: float, freedom: int) -> float:
    """Return the p-value of a statistic that should be chi-square (two-sided)."""
    return 2 * min(float(chdtr(freedom, statistic)), float(chdtrc(freedom, statistic)))


def mean_zero(draws: np.ndarray) -> float:
    """Test by Student's t that normal draws have mean zero (two-sided, exact)."""
    if draws.size < 2:
        return 1.0
    spread = draws.std(ddof=1)
    if spread == 0:
        return float(abs(draws.mean()) < 1e-6)
    statistic = float(draws.mean() / spread * np.sqrt(draws.size))
    return 2 * float(stdtr(draws.size - 1, -abs(statistic)))


def sum_zero(draws: np.ndarray) -> float:
    """Test that independent symmetric draws have mean zero: their sum divided by their norm.

    Given the sizes of the draws such a ratio has a normal tail but for a factor of 3.2 at most
    (Bentkus and Dzindzalieta, 2015), whatever the variances are.
    """
    spread = np.sqrt(np.sum(draws**2))
    return 1.0 if spread == 0 else normal(float(draws.sum() / spread))


def slope_zero(draws: np.ndarray, regressor: np.ndarray) -> float:
    """Test that symmetric draws do not lean on a regressor: their products as in `sum_zero`."""
    return sum_zero((regressor - regressor.mean()) * draws)


def uncorrelated(first: np.ndarray, second: np.ndarray) -> float:
    """Test that paired symmetric draws are uncorrelated: their products as in `sum_zero`."""
    return sum_zero(first * second)


def variance_one(draws: np.ndarray) -> float:
    """Test by chi-square that normal draws have variance one around their own mean (exact)."""
    if draws.size < 2:
        return 1.0
    return chi_square(float(np.sum((draws - draws.mean()) ** 2)), draws.size - 1)


def normal_shape(draws: np.ndarray) -> tuple[float, ...]:
    """Test that draws are standard normal.

    First Kolmogorov and Smirnov's, with Massart's bound (1990), which holds for any number of
    draws; it sees small differences anywhere. Then how many draws lie far out, by the binomial law;
    fewer draws are enough for these to see noise that has another tail.
    """
    ordered = np.sort(draws)
    cdf = ndtr(ordered)
    steps = np.arange(ordered.size + 1) / ordered.size
    distance = max(np.max(steps[1:] - cdf), np.max(cdf - steps[:-1]))
    smooth = min(1.0, 2 * float(np.exp(-2 * ordered.size * distance**2)))
    far = [frequency(int(np.sum(np.abs(draws) > t)), draws.size, 2 * ndtr(-t)) for t in _TAILS]
    return (smooth, *far)


def unshared(draws: np.ndarray, axis: int) -> tuple[float, float]:
    """Test that draws ``[rows, columns]`` of mean 0 and variance 1 are independent along an axis.

    A part that is shared along the axis makes the sums along it vary more than independent draws
    do (chi-square test of the sums), one shared by neighbours makes them correlate.
    """
    count = draws.shape[axis]
    sums = draws.sum(axis) / np.sqrt(count)
    first, second = np.take(draws, range(count - 1), axis), np.take(draws, range(1, count), axis)
    return chi_square(float(np.sum(sums**2)), sums.size), uncorrelated(first, second)


def tied(draws: np.ndarray) -> float:
    """Test, on one side, that draws ``[n, columns]`` of a row don't make up for each other.

    Then sums of rows would vary too little. The ratio of mean squares between and within rows does
    not depend on the draws' mean and spread; of independent normal draws it follows Fisher's law
    (exact), and of others nearly.
    """
    count, columns = draws.shape
    means = draws.mean(axis=1)
    within = float(np.sum((draws - means[:, None]) ** 2)) / (count * (columns - 1))
    if within <= 1e-9 * float(np.mean(draws**2)):
        return 1.0
    ratio = columns * float(np.var(means, ddof=1)) / within
    return float(fdtr(count - 1, count * (columns - 1), ratio))


def excess(draws: np.ndarray) -> tuple[float, float]:
    """Test, on one side, that draws ``[lines, ...]`` share nothing with those in other lines.

    As `unshared`, but for positive shares: draws whose centre is taken out have negative ones.
    """
    sums = draws.sum(axis=0) / np.sqrt(len(draws))
    correlated = uncorrelated(draws[:-1], draws[1:])
    is_positive = np.sum(draws[:-1] * draws[1:]) > 0
    return float(chdtrc(sums.size, np.sum(sums**2))), correlated if is_positive else 1.0


def sizes(draws: np.ndarray, band: float = 0.05) -> np.ndarray:
    """Return which draws are large, above 0, and which are small, below 0: to be `uncorrelated`.

    Draws that share their size but not their sign are uncorrelated themselves. Half of all draws
    are larger than the median; those equal to it but for a ``band`` are neither, since where there
    are few sizes, which of them is larger depends on how well the centre is known.
    """
    absolute = np.abs(draws)
    over = absolute / max(float(np.median(absolute)), 1e-12) - 1
    large = np.where(np.abs(over) < band, 0.0, np.sign(over))
    return large - large.mean()


def frequency(hits: int, draws: int, probability: float) -> float:
    """Return the p-value of so many hits in independent draws (two-sided binomial, exact)."""
    return float(frequencies(hits, draws, probability))


def far_tail(draws: np.ndarray) -> tuple[float, ...]:
    """Test that not too few draws lie very far out (one-sided binomial).

    So noise is found that is cut off, or drawn anew where it is large. Where the spread is
    estimated, and from few draws, more would mean nothing. Noise that is moved to a bound comes to
    lie a little beyond it when its spread is brought to one: hence the second place.
    """
    hits = [int(np.sum(np.abs(draws) > t)) for t in _FAR]
    return tuple(float(bdtr(h, draws.size, 2 * ndtr(-t))) for h, t in zip(hits, _FAR, strict=True))


def together(p_values: np.ndarray | list[float]) -> float:
    """Return one p-value for many tests, by Bonferroni's rule."""
    p_values = np.asarray(p_values)
    return min(1.0, float(p_values.min()) * p_values.size) if p_values.size else 1.0


def normals(statistics: np.ndarray | float) -> np.ndarray:
    """Return p-values as `normal` does, for each of an array."""
    p_values: np.ndarray = erfc(np.abs(statistics) / np.sqrt(2))
    return p_values


def off_zero(rows: np.ndarray) -> np.ndarray:
    """Return p-values ``[columns]`` that independent rows ``[n, columns]`` have mean zero.

    For many rows, of any law: a mean divided by its estimated error.
    """
    spread = rows.std(0) / np.sqrt(len(rows))
    mean = np.where(np.abs(rows.mean(0)) < 1e-9, 0.0, rows.mean(0))
    return normals(np.where(mean == 0, 0.0, mean / np.maximum(spread, 1e-12)))


def frequencies(
    hits: np.ndarray | int, draws: np.ndarray | int, probabilities: np.ndarray | float
) -> np.ndarray:
    """Return p-values as `frequency` does, for each of an array."""
    hits = np.asarray(hits)
    fewer = bdtr(hits, draws, probabilities)
    more = np.where(hits > 0, bdtrc(np.maximum(hits - 1, 0), draws, probabilities), 1.0)
    p_values: np.ndarray = np.minimum(1.0, 2 * np.minimum(fewer, more))
    return p_values


def mixed_frequencies(hits: np.ndarray, kinds: list[tuple[float, int]]) -> np.ndarray:
    """Return the same for so many independent draws of each probability (exact)."""
    law = np.ones(1)
    for probability, draws in kinds:
        hit, missed = np.arange(draws + 1), np.arange(draws, -1, -1)
        ways = gammaln(draws + 1) - gammaln(hit + 1) - gammaln(missed + 1)
        law = np.convolve(
            law, np.exp(ways + hit * np.log(probability) + missed * np.log1p(-probability))
        )
    fewer, more = np.cumsum(law), np.cumsum(law[::-1])[::-1]
    p_values: np.ndarray = np.minimum(1.0, 2 * np.minimum(fewer, more))[hits]
    return p_values


def at_least(count: int, expected: float) -> float:
    """Return the p-value of so many or more rare events, where so many are expected (Poisson)."""
    return float(pdtrc(count - 1, expected)) if count else 1.0


def unrelated(rows: np.ndarray) -> float:
    """Test that rows ``[n, columns]`` of mean 0 and variance 1 are uncorrelated at any distance.

    Rows are compared with those that stand so many places later, and with those at the mirrored
    place; sums of so many products are normal. Distances go round from the last row to the first.
    """
    count, columns = rows.shape
    waves = np.fft.rfft(rows, axis=0)
    later = np.fft.irfft(np.sum(np.abs(waves) ** 2, axis=1), count)[1 : count // 2 + 1]
    later /= np.sqrt(count * columns)
    if count % 2 == 0:
        later[-1] /= np.sqrt(2)  # each pair is counted twice
    index = (2 * np.arange(count)) % count
    itself = np.bincount(index, np.sum(rows**2, axis=1), count)
    pairs = count - np.bincount(index, minlength=count)
    mirrored = np.fft.irfft(np.sum(waves**2, axis=1), count) - itself
    mirrored /= np.sqrt(2 * pairs * columns)
    return together(normals(np.concatenate((later, mirrored))))
