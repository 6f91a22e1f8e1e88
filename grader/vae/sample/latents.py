"""What is wrong with the latent variables behind samples.

What is told from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from grader.kit import statistics
from grader.kit.check import Lost, NotReached
from grader.vae.sample.models import STEPS, THETAS, THRESHOLDS, Samples, anew
from grader.vae.sample.pixels import blank
from grader.vae.sample.rows import (
    groups_of,
    keys_of,
    pairs_across,
    pairs_among,
    place_of,
    require_enough,
    sharing_tests,
)

_ABOVE = ndtr(-THRESHOLDS)
_EDGES = np.array((-np.inf, *THRESHOLDS, np.inf))
_MASSES = np.diff(ndtr(_EDGES))
_MEANS = -np.diff(np.exp(-(_EDGES**2) / 2) / np.sqrt(2 * np.pi)) / _MASSES
_SCORES = _MEANS / np.sqrt(np.sum(_MASSES * _MEANS**2))
"""Average of z, in units of its spread, for each number of thresholds that it can lie above."""
_MIDDLE = STEPS // 2
_DISTANCES = np.minimum(np.abs(np.arange(STEPS + 1) - _MIDDLE), 2)
_SIZES = (_DISTANCES - _MASSES @ _DISTANCES) / np.sqrt(
    _MASSES @ _DISTANCES**2 - (_MASSES @ _DISTANCES) ** 2
)
"""How far z lies from 0, in three steps, of mean 0 and variance 1; the fourth moment's excess."""
_EXCESS = float(_MASSES @ _SIZES**4) - 3
_OFF_THE_LINE = np.linalg.svd(np.stack((np.ones(STEPS), _ABOVE)))[2][2:].T
"""What is left of rates that are ``p0 + (p1 - p0) * _ABOVE``, whatever p0 and p1: nothing."""
_BLANK = 0.05
"""Share of samples up to which those that are not drawn at all say nothing about the others' z."""


def prior_error(samples: Samples) -> Lost | None:
    """Return what is wrong with the latent variables behind pixels, or None.

    Raises:
        NotReached: the pixels don't show them.
    """
    above = anew(samples.above, ~samples.above[:1, ..., ::-1])
    require_enough(above)
    if not samples.exact:
        return _noisy_error(samples, above)
    return _exact_error(_without_blanks(samples, above))


def _without_blanks(samples: Samples, above: np.ndarray) -> np.ndarray:
    """Return ``above [calls, rows, L, STEPS]`` without the few samples that are not drawn."""
    blanks = blank(samples)
    return above[:, ~blanks] if blanks.mean() <= _BLANK else above


def _exact_error(above: np.ndarray) -> Lost | None:
    bins = above.sum(-1, dtype=np.uint8)
    scores = _SCORES[bins]
    rate_error, distance_error = _rate_error(above), _distance_error(bins)
    copied, rows = _copied(bins), _latent_rows(bins)
    sharing = (*sharing_tests(scores), *_sharing_of_sizes(bins))
    row = statistics.together(rows)
    average = statistics.sum_zero(scores)
    tests = (rate_error.p_value, average, distance_error.p_value, *sharing, copied, row)
    if statistics.compatible(*tests):
        return None
    for error in (rate_error, distance_error):
        if not statistics.compatible(error.p_value):
            return error.lost
    if not statistics.compatible(copied):
        return Lost("Some samples of a call have the same latent variables, or the negative ones.")
    if not statistics.compatible(row):
        index = int(np.argmin(rows) % bins.shape[1])
        return Lost(f"The z of {place_of(index, bins.shape[1])} is not drawn from N(0, I).")
    if not statistics.compatible(*sharing):
        return Lost("The latent variables of different samples or dimensions are not independent.")
    return Lost(
        "The latent variables do not have mean 0 and standard deviation 1.",
        evidence={"average_score": float(scores.mean())},
    )


@dataclass(frozen=True)
class _Test:
    """A test, and what is said where it fails."""

    p_value: float
    lost: Lost


def _rate_error(above: np.ndarray) -> _Test:
    """Test how often each dimension lies above each threshold, ``[calls, rows, L, STEPS]``."""
    draws = above.shape[0] * above.shape[1]
    hits = above.sum((0, 1))
    rates = statistics.frequencies(hits, draws, _ABOVE)
    worst = np.unravel_index(np.argmin(rates), rates.shape)
    share, threshold = float(hits[worst] / draws), float(THRESHOLDS[worst[1]])
    lost = Lost(
        f"A latent dimension exceeds {threshold:g} in {share:.1%} of the samples; under "
        f"N(0, 1) it does in {_ABOVE[worst[1]]:.1%}.",
        evidence={"threshold": threshold, "rate": share},
    )
    return _Test(statistics.together(rates), lost)


def _distance_error(bins: np.ndarray) -> _Test:
    """Test how often z lies so far from 0, in all dimensions together."""
    beyond = np.array([np.sum((bins <= k) | (bins >= STEPS - k)) for k in range(_MIDDLE)])
    distances = statistics.frequencies(beyond, bins.size, 2 * _ABOVE[::-1][:_MIDDLE])
    k = int(np.argmin(distances))
    share, distance = float(beyond[k] / bins.size), float(-THRESHOLDS[k])
    lost = Lost(
        f"Latent variables lie further than {distance:g} from 0 in {share:.2%} of all cases; "
        f"under N(0, 1) they do in {2 * _ABOVE[-1 - k]:.2%}.",
        evidence={"distance": distance, "rate": share},
    )
    return _Test(statistics.together(distances), lost)


def wide_prior_error(samples: Samples) -> Lost | None:
    """Return what is wrong with z in few samples of a model of the assignment's sizes, or None.

    Each dimension has its law, and no two share a draw.
    """
    if not samples.exact:
        return None
    above = _without_blanks(samples, samples.above)
    error = _rate_error(above)
    scores = _SCORES[above[0].sum(-1, dtype=np.uint8)]
    shared = statistics.unrelated(np.ascontiguousarray(scores.T))
    if statistics.compatible(error.p_value, shared):
        return None
    if not statistics.compatible(error.p_value):
        return error.lost
    return Lost(f"The latent variables of {samples.latent} dimensions are not independent.")


def _sharing_of_sizes(bins: np.ndarray) -> tuple[float, ...]:
    """Return p-values of how far z lies from 0, whatever the signs of its dimensions are.

    Samples don't share that, neither in each dimension nor in all together, whose order may be
    another; and it varies as much as that of independent dimensions does.
    """
    dimensions = bins.shape[-1]
    sizes = _SIZES[bins]
    sums = sizes.sum(-1, keepdims=True) / np.sqrt(dimensions)
    distances = [
        statistics.together([statistics.unrelated(group) for group in groups_of(of)])
        for of in (sizes, sums)
    ]
    # Squares of sums have a longer tail above than a normal law has, and a shorter one below.
    deficit = np.sum(1 - sums**2) / np.sqrt(sums.size * (2 + _EXCESS / dimensions))
    return *distances, float(ndtr(-deficit))


def _copied(bins: np.ndarray) -> float:
    """Return the p-value of how many pairs in a call have the same z, or the negative one."""
    same, pairs = 0, 0
    for group in groups_of(bins):
        keys, mirrored = keys_of(group), keys_of(STEPS - group)
        itself = int(np.sum(keys == mirrored))
        same += pairs_among(keys) + (pairs_across(keys, mirrored) - itself) // 2
        pairs += len(group) * (len(group) - 1) // 2
    by_chance = float(np.sum(_MASSES**2)) ** bins.shape[-1]
    return statistics.at_least(same, 2 * pairs * by_chance)


def _latent_rows(bins: np.ndarray) -> np.ndarray:
    """Return p-values ``[2, rows]`` of where the z of each place lie, and how near to 0."""
    calls, _, dimensions = bins.shape
    sums = _SCORES[bins].sum((0, 2)) / np.sqrt(calls * dimensions)
    middle = np.sum(bins == _MIDDLE, axis=(0, 2))
    near = statistics.frequencies(middle, calls * dimensions, float(_MASSES[_MIDDLE]))
    return np.stack((statistics.normals(sums), near))


def _noisy_error(samples: Samples, above: np.ndarray) -> Lost | None:
    """Return the same where pixels show z with noise: the thresholds' rates are on some line.

    Samples are independent of each other, so averages over all are normal.
    """
    rows = np.concatenate(above).astype(np.float64)
    lean = rows.mean(1) @ (_ABOVE - _ABOVE.mean())
    if not statistics.off_zero(lean[:, None])[0] < statistics.ALPHA:
        raise NotReached("The pixels don't show the latent variables.")
    if _noise_is_shared(samples):
        return None  # it can't be told from a z that is shared
    away = rows @ _OFF_THE_LINE
    lines = statistics.together(statistics.off_zero(away.mean(1)))
    own_lines = statistics.together(statistics.off_zero(away.reshape(len(rows), -1)))
    if not statistics.compatible(lines, own_lines):
        return Lost("As far as the pixels show, the latent variables are not drawn from N(0, 1).")
    counts = above.sum(-1).astype(np.float64)
    spread = counts.std((0, 1))
    scores = (counts - counts.mean((0, 1))) / np.where(spread > 0, spread, 1.0)
    if not statistics.compatible(*(statistics.unrelated(group) for group in groups_of(scores))):
        return Lost("As far as the pixels show, samples share their latent variables.")
    return None


def _noise_is_shared(samples: Samples) -> bool:
    """Return whether samples share what makes pixels of fixed probability vary."""
    pixels = (samples.drawn > 0.5).astype(np.float64)
    average = pixels.mean((0, 1))
    for theta in THETAS:
        average[samples.thetas == theta] = average[samples.thetas == theta].mean()
    spread = np.sqrt(average * (1 - average))
    scores = (pixels - average) / np.where(spread > 0, spread, 1.0)
    own = np.sum(scores.mean(1) ** 2) * scores.shape[1]
    freedom = scores.shape[0] * scores.shape[2]
    distances = [statistics.unrelated(group) for group in groups_of(scores)]
    return not statistics.compatible(statistics.chi_square(float(own), freedom), *distances)
