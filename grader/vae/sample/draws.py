"""What is judged about samples of a model whose pixels show what was drawn.

What is told from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from grader.kit import statistics
from grader.kit.check import Lost, NotReached
from grader.vae.sample.models import STEPS, THETAS, THRESHOLDS, Samples, anew

ENOUGH = 500
"""Samples, without which nothing can be said of how they are drawn."""

_ABOVE = ndtr(-THRESHOLDS)
_EDGES = np.array((-np.inf, *THRESHOLDS, np.inf))
_MASSES = np.diff(ndtr(_EDGES))
_MEANS = -np.diff(np.exp(-(_EDGES**2) / 2) / np.sqrt(2 * np.pi)) / _MASSES
_SCORES = _MEANS / np.sqrt(np.sum(_MASSES * _MEANS**2))
"""Average of z, in units of its spread, for each number of thresholds that it can lie above."""
_MIDDLE = STEPS // 2
_OFF_THE_LINE = np.linalg.svd(np.stack((np.ones(STEPS), _ABOVE)))[2][2:].T
"""What is left of rates that are ``p0 + (p1 - p0) * _ABOVE``, whatever p0 and p1: nothing."""
_BLANK = 0.05
"""Share of samples up to which those that are not drawn at all say nothing about the others' z."""


def _require_enough(calls: np.ndarray) -> None:
    if calls.shape[0] * calls.shape[1] < ENOUGH:
        raise NotReached("There are too few different samples to say how they are drawn.")


def _lots(calls: np.ndarray) -> Sequence[np.ndarray]:
    """Rows that may not repeat each other: a call's, or those of all calls where they are few."""
    return list(calls) if calls.shape[1] >= ENOUGH else [np.concatenate(calls)]


def _keys(rows: np.ndarray) -> np.ndarray:
    """Names ``[n]`` of the contents of rows ``[n, ...]``, which differ where these do."""
    flat = np.ascontiguousarray(rows.reshape(len(rows), -1))
    numbers = flat.view(np.uint64) if flat.dtype == np.float64 else flat.astype(np.uint64)
    numbers = numbers ^ (
        numbers >> np.uint64(52)
    )  # round numbers have but zeros at their lower end
    factors = np.random.default_rng(0).integers(1 << 63, size=flat.shape[1], dtype=np.uint64)
    names: np.ndarray = numbers @ (2 * factors + 1)
    return names


def _pairs(keys: np.ndarray) -> int:
    """How many pairs have the same name."""
    counts = np.unique(keys, return_counts=True)[1]
    return int(np.sum(counts * (counts - 1) // 2))


def _across(first: np.ndarray, second: np.ndarray) -> int:
    """How many pairs of one of each have the same name."""
    ordered = np.sort(second)
    ends = [np.searchsorted(ordered, first, side) for side in ("left", "right")]
    return int(np.sum(ends[1] - ends[0]))


def _sharing(calls: np.ndarray) -> list[float]:
    """p-values of scores ``[calls, rows, parts]``, along rows and parts and at any distance."""
    rows = np.concatenate(calls)
    near = [p for axis in (0, 1) for p in statistics.unshared(rows, axis)]
    return [*near, statistics.together([statistics.unrelated(lot) for lot in _lots(calls)])]


# ------------------------------------------------------------------ latent variables


def prior_error(samples: Samples) -> Lost | None:
    """What is wrong with the latent variables behind pixels, or None.

    Raises:
        NotReached: the pixels don't show them.
    """
    above = anew(samples.above, ~samples.above[:1, ..., ::-1])
    _require_enough(above)
    if not samples.exact:
        return _noisy_error(samples, above)
    blanks = blank(samples)
    return _exact_error(above[:, ~blanks] if blanks.mean() <= _BLANK else above)


def _exact_error(above: np.ndarray) -> Lost | None:
    draws = above.shape[0] * above.shape[1]
    hits = above.sum((0, 1))
    bins = above.sum(-1, dtype=np.uint8)
    scores = _SCORES[bins]
    rates = statistics.frequencies(hits, draws, _ABOVE)
    beyond = np.array([np.sum((bins <= k) | (bins >= STEPS - k)) for k in range(_MIDDLE)])
    distances = statistics.frequencies(beyond, bins.size, 2 * _ABOVE[::-1][:_MIDDLE])
    far = statistics.together(distances)
    rate, sharing = statistics.together(rates), _sharing(scores)
    copied, rows = _copied(bins), _latent_rows(bins)
    row = statistics.together(rows)
    tests = (rate, statistics.sum_zero(scores), far, *sharing, copied, row)
    if statistics.compatible(*tests):
        return None
    if not statistics.compatible(rate):
        worst = np.unravel_index(np.argmin(rates), rates.shape)
        share, threshold = float(hits[worst] / draws), float(THRESHOLDS[worst[1]])
        return Lost(
            f"A latent dimension exceeds {threshold:g} in {share:.1%} of the samples; under "
            f"N(0, 1) it does in {_ABOVE[worst[1]]:.1%}.",
            evidence={"threshold": threshold, "rate": share},
        )
    if not statistics.compatible(far):
        k = int(np.argmin(distances))
        share, distance = float(beyond[k] / bins.size), float(-THRESHOLDS[k])
        return Lost(
            f"Latent variables lie further than {distance:g} from 0 in {share:.2%} of all cases; "
            f"under N(0, 1) they do in {2 * _ABOVE[-1 - k]:.2%}.",
            evidence={"distance": distance, "rate": share},
        )
    if not statistics.compatible(copied):
        return Lost("Some samples of a call have the same latent variables, or the negative ones.")
    if not statistics.compatible(row):
        index = int(np.argmin(rows) % bins.shape[1])
        return Lost(f"The z of {_place(index, bins.shape[1])} is not drawn from N(0, I).")
    if not statistics.compatible(*sharing):
        return Lost("The latent variables of different samples or dimensions are not independent.")
    return Lost(
        "The latent variables do not have mean 0 and standard deviation 1.",
        evidence={"average_score": float(scores.mean())},
    )


def _copied(bins: np.ndarray) -> float:
    """p-value of how many pairs of samples in a call have the same z, or the negative one."""
    found, pairs = 0, 0
    for lot in _lots(bins):
        keys, mirrored = _keys(lot), _keys(STEPS - lot)
        itself = int(np.sum(keys == mirrored))
        found += _pairs(keys) + (_across(keys, mirrored) - itself) // 2
        pairs += len(lot) * (len(lot) - 1) // 2
    by_chance = float(np.sum(_MASSES**2)) ** bins.shape[-1]
    return statistics.at_least(found, 2 * pairs * by_chance)


def _latent_rows(bins: np.ndarray) -> np.ndarray:
    """p-values ``[2, rows]`` of where and how near to 0 the z of each place in a call lie."""
    calls, _, dimensions = bins.shape
    sums = _SCORES[bins].sum((0, 2)) / np.sqrt(calls * dimensions)
    middle = np.sum(bins == _MIDDLE, axis=(0, 2))
    near = statistics.frequencies(middle, calls * dimensions, float(_MASSES[_MIDDLE]))
    return np.stack((statistics.normals(sums), near))


def _noisy_error(samples: Samples, above: np.ndarray) -> Lost | None:
    """The same where pixels show z with noise: thresholds have rates on a line, not known which.

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
    if not statistics.compatible(*(statistics.unrelated(lot) for lot in _lots(scores))):
        return Lost("As far as the pixels show, samples share their latent variables.")
    return None


def _noise_is_shared(samples: Samples) -> bool:
    """Whether samples share what makes pixels of fixed probability vary, at whatever rates."""
    pixels = (samples.drawn > 0.5).astype(np.float64)
    average = pixels.mean((0, 1))
    for theta in THETAS:
        average[samples.thetas == theta] = average[samples.thetas == theta].mean()
    spread = np.sqrt(average * (1 - average))
    scores = (pixels - average) / np.where(spread > 0, spread, 1.0)
    own = np.sum(scores.mean(1) ** 2) * scores.shape[1]
    freedom = scores.shape[0] * scores.shape[2]
    distances = [statistics.unrelated(lot) for lot in _lots(scores)]
    return not statistics.compatible(statistics.chi_square(float(own), freedom), *distances)


# ------------------------------------------------------------------ pixels


def _pixel_rows(samples: Samples) -> np.ndarray:
    """p-values ``[2, rows]`` of the pixels' sum, and of how many are the likelier one."""
    scores = samples.scores
    calls, _, count = scores.shape
    sums = scores.sum((0, 2)) / np.sqrt(calls * count)
    thetas = samples.thetas
    likelier = (samples.drawn == (thetas > 0.5)).astype(np.float64)
    kinds = [(float(max(t, 1 - t)), int(calls * np.sum(thetas == t))) for t in THETAS if t != 0.5]
    hits = likelier[..., thetas != 0.5].sum((0, 2)).astype(np.int64)
    return np.stack((statistics.normals(sums), statistics.mixed_frequencies(hits, kinds)))


def blank(samples: Samples) -> np.ndarray:
    """Places in a call, ``[rows]``, whose pixels are not drawn, as in an image left blank."""
    rows = _pixel_rows(samples)
    blank: np.ndarray = rows.min(0) * rows.size < statistics.ALPHA
    return blank


def bernoulli_error(samples: Samples) -> Lost | None:
    """What is wrong with how pixels come out given their probabilities, or None.

    Raises:
        NotReached: there are too few.
    """
    if not samples.binary:
        return Lost("Pixels are not drawn: they are other numbers than 0 and 1.")
    if not samples.exact:
        return Lost("Pixels with theta = 0 or 1 do not all come out as 0 or 1.")
    pixels, scores, thetas = samples.drawn, samples.scores, samples.thetas
    _require_enough(pixels)
    groups = [pixels[..., thetas == theta] for theta in THETAS]
    hits = np.array([int(group.sum()) for group in groups])
    rates = statistics.frequencies(hits, np.array([group.size for group in groups]), THETAS)
    sharing = [*_sharing(scores), _same_noise(samples)]
    rows = _pixel_rows(samples)
    rate, row = statistics.together(rates), statistics.together(rows)
    average = statistics.sum_zero(scores)
    if statistics.compatible(rate, average, row, *sharing):
        return None
    if not statistics.compatible(rate, average):
        worst = int(np.argmin(rates))
        theta, share = float(THETAS[worst]), float(groups[worst].mean())
        return Lost(
            f"Pixels with theta = {theta:g} are 1 in {share:.1%} of the samples.",
            evidence={"theta": theta, "rate": share},
        )
    if not statistics.compatible(row):
        place = _place(int(np.argmin(rows) % rows.shape[1]), rows.shape[1])
        return Lost(f"The pixels of {place} are not drawn with their probabilities.")
    return Lost("Pixels or samples share their random numbers: they are not independent.")


def _same_noise(samples: Samples) -> float:
    """p-value of how many pairs in a call have the same pixels where theta is not 0 or 1.

    Whole images that are the same have the same z, which is charged as such.
    """
    constants = _lots(samples.drawn)
    found = sum(_pairs(_keys(lot)) for lot in constants)
    if not found:
        return 1.0
    found -= sum(_pairs(_keys(lot)) for lot in _lots(anew(samples.pixels)))
    pairs = sum(len(lot) * (len(lot) - 1) // 2 for lot in constants)
    by_chance = float(np.prod(samples.thetas**2 + (1 - samples.thetas) ** 2))
    return statistics.at_least(found, pairs * by_chance)


def _place(index: int, rows: int) -> str:
    if index in (0, rows - 1):
        return "the last sample" if index else "the first sample"
    return f"sample {index + 1} of {rows}"


# ------------------------------------------------------------------ between calls


def repeated(samples: Samples) -> str | None:
    """What the second half of all calls has again from the first, in words, or None."""
    half = len(samples.pixels) // 2

    def halves(calls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate(calls[:half]), np.concatenate(calls[half : 2 * half])

    bins = samples.above.sum(-1, dtype=np.uint8)
    if samples.exact:
        kept = _is_kept(*halves(bins)) or _is_kept(*halves(bins), mirrored=True)
    else:
        first, second = (part - part.mean(0) for part in map(np.float64, halves(bins)))
        kept = _correlated(first, second)
    if kept:
        return "latent variables"
    return "pixels" if _is_kept(*halves(samples.constants)) else None


def _is_kept(first: np.ndarray, second: np.ndarray, mirrored: bool = False) -> bool:
    """Whether rows come again in another call oftener than any two of a call are the same.

    Only rows that are the only ones of their kind count: blank images are no draws that are kept.
    """
    own, others = _keys(first), _keys(STEPS - second if mirrored else second)
    count, alone = len(own), _alone(own)
    by_chance = min(1.0, (_pairs(own) + 1) / (count * (count - 1) / 2))
    aligned = int(np.sum(alone & (own == others)))
    if aligned > 2 * count * by_chance and statistics.frequency(aligned, count, by_chance) < 1e-9:
        return True
    found, expected = _across(own[alone], others[_alone(others)]), count**2 * by_chance
    return found > 4 * expected and statistics.at_least(found, expected) < 1e-9


def _alone(keys: np.ndarray) -> np.ndarray:
    """Where a name is the only one of its kind."""
    _, kinds, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(counts[kinds.reshape(-1)] == 1)


def _correlated(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether rows ``[n, L]`` of mean 0 are clearly alike, pair by pair."""
    alike = np.sum(first * second, axis=1)
    size = np.sqrt(np.mean(first**2) * np.mean(second**2)) * first.shape[1]
    return bool(
        size > 0 and alike.mean() > 0.05 * size and statistics.off_zero(alike[:, None])[0] < 1e-9
    )
