"""Pixels that show what was drawn, and what is judged about them.

A model's weights make some pixels 1 exactly where a latent dimension lies above a threshold, so
that the steps of a sample show where its z lies, and which other samples have the same. The other
pixels have a fixed probability. What is told from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logit, ndtr

from grader.candidate.probe import Sizes
from grader.checks import statistics, worlds
from grader.checks.verdict import Lost, NotReached

THRESHOLDS = np.array((-3.1, -1.24, -0.38, 0.38, 1.24, 3.1))
"""The outermost show whether z is clipped; the others tell one z from another."""
THETAS = np.array((0.2, 0.35, 0.5, 0.65, 0.8))
"""Not far from a half, where averages of few draws are no longer close to normal."""
STEPS = len(THRESHOLDS)
SMALL = Sizes(24 * STEPS + 60, 24, 24 * STEPS + 1)
POSTERIOR = (2.0, -1.0)
"""Mean and log standard deviation that the encoder gives, whatever x is: far from the prior's."""
ENOUGH = 500
"""Samples, without which nothing can be said of how they are drawn."""

_EDGES = np.array((-np.inf, *THRESHOLDS, np.inf))
_ABOVE = ndtr(-THRESHOLDS)
_MASSES = np.diff(ndtr(_EDGES))
_MEANS = -np.diff(np.exp(-(_EDGES**2) / 2) / np.sqrt(2 * np.pi)) / _MASSES
_SCORES = _MEANS / np.sqrt(np.sum(_MASSES * _MEANS**2))
"""Average of z, in units of its spread, for each number of thresholds that it can lie above."""
_MIDDLE = STEPS // 2
_OFF_THE_LINE = np.linalg.svd(np.stack((np.ones(STEPS), _ABOVE)))[2][2:].T
"""What is left of rates that are ``p0 + (p1 - p0) * _ABOVE``, whatever p0 and p1: nothing."""
_ROUNDING = 4e-4
"""Twice as often as decoders that pass their checks may turn a theta of 0 or 1 into another."""
_SURE = 40.0
"""A logit whose theta is 0 or 1, and whose exponential is finite in single precision."""
_STEEP, _OFFSET = 1e5, 20.0
_DECODER = ("linear3", "linear4")
_BLANK = 0.05
"""Share of samples up to which those that are not drawn at all say nothing about the others' z."""


def weights(sizes: Sizes, any_decoder: bool) -> dict[str, np.ndarray]:
    """Weights of the decoder: steps in z first, then pixels of fixed probability.

    A hidden unit is zero where z lies above its threshold, so no logit exceeds `_SURE`, and one
    more that the ReLU always holds at zero would move the fixed probabilities. With
    ``any_decoder`` hidden units are ``z + 20``, which suits the absolute value as well.
    """
    latent, steps = sizes.latent, sizes.latent * STEPS
    found = {n: w for n, w in worlds.zeros(sizes).items() if n.split(".")[0] in _DECODER}
    directions = np.repeat(np.eye(latent), STEPS, axis=0)
    at = np.tile(THRESHOLDS, latent)
    if any_decoder:
        found["linear3.weight"][:latent] = np.eye(latent)
        found["linear3.bias"][:latent] = _OFFSET
        found["linear4.weight"][:steps, :latent] = _STEEP * directions
        found["linear4.bias"][:steps] = -_STEEP * (_OFFSET + at)
    else:
        found["linear3.weight"][:steps] = -directions
        found["linear3.bias"][:steps] = at + _SURE / _STEEP
        found["linear3.bias"][steps] = -1.0
        found["linear4.weight"][:steps, :steps] = -_STEEP * np.eye(steps)
        found["linear4.weight"][steps:, steps] = 1.0
        found["linear4.bias"][:steps] = _SURE
    found["linear4.bias"][steps:] = logit(np.resize(THETAS, sizes.obs - steps))
    return {name: worlds.as_single(weight) for name, weight in found.items()}


def elsewhere(sizes: Sizes) -> dict[str, np.ndarray]:
    """Weights of an encoder whose posterior is far from the prior, whatever x is."""
    found = {n: w for n, w in worlds.zeros(sizes).items() if n.split(".")[0] not in _DECODER}
    found["linear21.bias"][:], found["linear22.bias"][:] = POSTERIOR
    return found


@dataclass(frozen=True)
class Samples:
    """Pixels ``[calls, rows, D]`` of a model with so many latent dimensions ``L``."""

    pixels: np.ndarray
    latent: int

    @property
    def constants(self) -> np.ndarray:
        """The pixels ``[calls, rows, n]`` that have fixed probabilities."""
        return self.pixels[..., self.latent * STEPS :]

    @cached_property
    def thetas(self) -> np.ndarray:
        """Those probabilities, ``[n]``."""
        return np.resize(THETAS, self.constants.shape[-1])

    @cached_property
    def above(self) -> np.ndarray:
        """Where pixels say that z exceeds a threshold, ``[calls, rows, L, STEPS]``."""
        steps = self.pixels[..., : self.latent * STEPS] > 0.5
        above = steps.reshape(*steps.shape[:2], self.latent, STEPS)
        # Pixels that are exactly inverted tell as much about z.
        inverted = above[..., 0].mean() < 0.5 < above[..., -1].mean()
        return ~above if inverted else above

    @cached_property
    def binary(self) -> bool:
        """Whether there are only zeros and ones."""
        return bool(np.all((self.pixels == 0) | (self.pixels == 1)))

    @cached_property
    def exact(self) -> bool:
        """Whether z shows in every sample: what lies above a threshold is above all lower ones."""
        rising = self.above[..., 1:] & ~self.above[..., :-1]
        slips = statistics.frequency(int(rising.sum()), rising.size, _ROUNDING)
        return bool(rising.mean() <= _ROUNDING) or statistics.compatible(slips)


def _anew(calls: np.ndarray, *forms: np.ndarray) -> np.ndarray:
    """Calls that don't have the samples of the first again, as they are or in one of other forms.

    That they should not is a check of its own.
    """
    again = np.zeros(len(calls), dtype=bool)
    for first in (calls[:1], *forms):
        again |= np.all(calls == first, axis=tuple(range(2, calls.ndim))).mean(1) > 0.5
    again[0] = False
    return calls[~again]


def _require_enough(calls: np.ndarray) -> None:
    if calls.shape[0] * calls.shape[1] < ENOUGH:
        raise NotReached("There are too few different samples to say how they are drawn.")


def _lots(calls: np.ndarray) -> Sequence[np.ndarray]:
    """Rows that may not repeat each other: a call's, or those of all calls where they are few."""
    return list(calls) if calls.shape[1] >= ENOUGH else [np.concatenate(calls)]


def _keys(rows: np.ndarray) -> list[bytes]:
    """A name for the content of each row ``[n, ...]``."""
    flat = np.ascontiguousarray(rows.reshape(len(rows), -1))
    return [row.tobytes() for row in flat]


def _pairs(keys: Sequence[bytes]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(keys).values())


def _across(first: Sequence[bytes], second: Sequence[bytes]) -> int:
    counts = Counter(second)
    return sum(counts[key] for key in first)


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
    above = _anew(samples.above, ~samples.above[:1, ..., ::-1])
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
    outermost = int(np.sum((bins == 0) | (bins == STEPS)))
    far = statistics.frequency(outermost, bins.size, 2 * float(_ABOVE[-1]))
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
        share = outermost / bins.size
        return Lost(
            f"Latent variables lie further than {THRESHOLDS[-1]:g} from 0 in {share:.2%} of all "
            f"cases; under N(0, 1) they do in {2 * _ABOVE[-1]:.2%}.",
            evidence={"threshold": float(THRESHOLDS[-1]), "rate": share},
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
        itself = sum(a == b for a, b in zip(keys, mirrored, strict=True))
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
    pixels = _anew((samples.constants > 0.5).astype(np.float64))
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


def _pixel_scores(samples: Samples) -> np.ndarray:
    """Pixels of fixed probability, with mean 0 and variance 1, ``[calls, rows, n]``."""
    thetas = samples.thetas
    return (_anew(samples.constants) - thetas) / np.sqrt(thetas * (1 - thetas))


def _pixel_rows(samples: Samples) -> np.ndarray:
    """p-values ``[2, rows]`` of the pixels' sum, and of how many are the likelier one."""
    scores = _pixel_scores(samples)
    calls, _, count = scores.shape
    sums = scores.sum((0, 2)) / np.sqrt(calls * count)
    thetas = samples.thetas
    likelier = (_anew(samples.constants) == (thetas > 0.5)).astype(np.float64)
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
    pixels, scores, thetas = _anew(samples.constants), _pixel_scores(samples), samples.thetas
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
    calls, chances = _anew(samples.pixels), samples.thetas
    lots = [np.packbits(lot > 0, axis=-1) for lot in _lots(calls)]
    constants = [np.packbits(lot > 0, axis=-1) for lot in _lots(_anew(samples.constants))]
    found = sum(_pairs(_keys(lot)) for lot in constants) - sum(_pairs(_keys(lot)) for lot in lots)
    pairs = sum(len(lot) * (len(lot) - 1) // 2 for lot in constants)
    by_chance = float(np.prod(chances**2 + (1 - chances) ** 2))
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
    """Whether rows come again in another call more often than they come again in their own."""
    own, others = _keys(first), _keys(STEPS - second if mirrored else second)
    if len(set(own)) == 1:
        return False  # nothing is drawn that could be kept
    count = len(own)
    by_chance = min(1.0, (_pairs(own) + 1) / (count * (count - 1) / 2))
    aligned = sum(a == b for a, b in zip(own, others, strict=True))
    if aligned > 2 * count * by_chance and statistics.frequency(aligned, count, by_chance) < 1e-9:
        return True
    found, expected = _across(own, others), count**2 * by_chance
    return found > 4 * expected and statistics.at_least(found, expected) < 1e-9


def _correlated(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether rows ``[n, L]`` of mean 0 are clearly alike, pair by pair."""
    alike = np.sum(first * second, axis=1)
    size = np.sqrt(np.mean(first**2) * np.mean(second**2)) * first.shape[1]
    return bool(
        size > 0 and alike.mean() > 0.05 * size and statistics.off_zero(alike[:, None])[0] < 1e-9
    )
