"""What is wrong with how pixels are drawn, given their probabilities.

What is told from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

import numpy as np

from grader.kit import statistics
from grader.kit.check import Lost
from grader.vae.sample.models import THETAS, Samples, anew
from grader.vae.sample.rows import (
    groups_of,
    keys_of,
    pairs_among,
    place_of,
    require_enough,
    sharing_tests,
)

NOT_DRAWN = "Pixels are not drawn: they are other numbers than 0 and 1."
SHARED = "Pixels or samples share their random numbers: they are not independent."


def _pixel_rows(samples: Samples) -> np.ndarray:
    """Return p-values ``[2, rows]`` of the pixels' sum, and of how many are the likelier one."""
    scores = samples.scores
    calls, _, count = scores.shape
    sums = scores.sum((0, 2)) / np.sqrt(calls * count)
    thetas = samples.thetas
    likelier = (samples.drawn == (thetas > 0.5)).astype(np.float64)
    kinds = [(float(max(t, 1 - t)), int(calls * np.sum(thetas == t))) for t in THETAS if t != 0.5]
    hits = likelier[..., thetas != 0.5].sum((0, 2)).astype(np.int64)
    return np.stack((statistics.normals(sums), statistics.mixed_frequencies(hits, kinds)))


def blank(samples: Samples) -> np.ndarray:
    """Return places in a call, ``[rows]``, whose pixels are not drawn: images left blank."""
    rows = _pixel_rows(samples)
    blank: np.ndarray = rows.min(0) * rows.size < statistics.ALPHA
    return blank


def bernoulli_error(samples: Samples) -> Lost | None:
    """Return what is wrong with how pixels come out given their probabilities, or None.

    Raises:
        NotReached: there are too few.
    """
    if not samples.binary:
        return Lost(NOT_DRAWN)
    if not samples.exact:
        return Lost("Pixels with theta = 0 or 1 do not all come out as 0 or 1.")
    scores = samples.scores
    require_enough(samples.drawn)
    rates, shares = _rates(samples)
    own_rates = _own_rates(samples)
    sharing = [*sharing_tests(scores), _same_noise(samples)]
    rows = _pixel_rows(samples)
    rate, row = statistics.together(rates), statistics.together(rows)
    average = statistics.sum_zero(scores)
    own_rate = statistics.together(own_rates)
    if statistics.compatible(rate, average, row, own_rate, *sharing):
        return None
    if not statistics.compatible(rate, average):
        return _rate_error(rates, shares)
    if not statistics.compatible(row):
        place = place_of(int(np.argmin(rows) % rows.shape[1]), rows.shape[1])
        return Lost(f"The pixels of {place} are not drawn with their probabilities.")
    if statistics.compatible(*sharing):
        return _own_rate_error(samples, own_rates)
    return Lost(SHARED)


def _rates(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each of `THETAS`, the p-value of how often its pixels are 1, and how often."""
    groups = [samples.drawn[..., samples.thetas == theta] for theta in THETAS]
    hits = np.array([int(group.sum()) for group in groups])
    draws = np.array([group.size for group in groups])
    return statistics.frequencies(hits, draws, THETAS), hits / draws


def _rate_error(rates: np.ndarray, shares: np.ndarray) -> Lost:
    worst = int(np.argmin(rates))
    theta, share = float(THETAS[worst]), float(shares[worst])
    return Lost(
        f"Pixels with theta = {theta:g} are 1 in {share:.1%} of the samples.",
        evidence={"theta": theta, "rate": share},
    )


def _own_rates(samples: Samples) -> np.ndarray:
    """Return p-values ``[n]`` of how often each pixel is 1."""
    hits = samples.drawn.sum((0, 1)).astype(np.int64)
    draws = samples.drawn.shape[0] * samples.drawn.shape[1]
    return statistics.frequencies(hits, draws, samples.thetas)


def _own_rate_error(samples: Samples, own_rates: np.ndarray) -> Lost:
    worst = int(np.argmin(own_rates))
    theta, share = float(samples.thetas[worst]), float(samples.drawn[..., worst].mean())
    return Lost(
        f"A pixel with theta = {theta:g} is 1 in {share:.1%} of the samples.",
        evidence={"theta": theta, "rate": share},
    )


def wide_bernoulli_error(samples: Samples) -> Lost | None:
    """Return what is wrong with pixels of few samples of the assignment's sizes, or None.

    Each pixel has its probability, and no two share a draw.
    """
    if not samples.binary:
        return Lost(NOT_DRAWN)
    own_rates = _own_rates(samples)
    own_rate = statistics.together(own_rates)
    shared = statistics.unrelated(np.ascontiguousarray(samples.scores[0].T))
    if statistics.compatible(own_rate, shared):
        return None
    return _own_rate_error(samples, own_rates) if own_rate < shared else Lost(SHARED)


def unsure_bernoulli_error(samples: Samples) -> Lost | None:
    """Return what is wrong with pixels where none is sure to be 0 or 1, or None.

    A theta that is divided by the largest of an image stays as it is wherever that is 1.
    """
    rates, shares = _rates(samples)
    return None if statistics.compatible(*rates) else _rate_error(rates, shares)


def _same_noise(samples: Samples) -> float:
    """Return the p-value of how many pairs in a call have the same pixels of fixed probability.

    Whole images that are the same have the same z, which is charged as such.
    """
    constants = groups_of(samples.drawn)
    same = sum(pairs_among(keys_of(group)) for group in constants)
    if not same:
        return 1.0
    same -= sum(pairs_among(keys_of(group)) for group in groups_of(anew(samples.pixels)))
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in constants)
    by_chance = float(np.prod(samples.thetas**2 + (1 - samples.thetas) ** 2))
    return statistics.at_least(same, pairs * by_chance)
