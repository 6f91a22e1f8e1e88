"""Task 6: new data from the model.

The model's weights make pixels tell what was drawn: some pixels have a fixed probability, others
are 1 exactly where a latent dimension lies above a threshold. There are 2 calls of 4096 samples;
what the checks tell from right draws, and how surely, stands in README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import logit, ndtr

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import statistics, worlds
from grader.checks.reading import shape_fits, shape_words, tensor, values
from grader.checks.stand_ins import stand_ins
from grader.checks.verdict import Evidence, Exam, Lost, check, generator
from grader.diagnosis import sample as diagnosis
from grader.diagnosis.misconception import Misconception, explained

METHOD = "sample"
LATENT, SAMPLES, CALLS = 6, 4096, 2
THRESHOLDS = np.array((-1.24, -0.38, 0.38, 1.24))
THETAS = np.repeat((0.2, 0.35, 0.5, 0.65, 0.8), 3)
"""Not far from a half, where averages of few draws are no longer close to normal."""
_MASSES = np.diff(ndtr(np.array((-np.inf, *THRESHOLDS, np.inf))))
_DENSITIES = np.exp(-(np.array((-np.inf, *THRESHOLDS, np.inf)) ** 2) / 2) / np.sqrt(2 * np.pi)
_MEANS = -np.diff(_DENSITIES) / _MASSES
_SCORES = _MEANS / np.sqrt(np.sum(_MASSES * _MEANS**2))
"""Average of z, in units of its spread, for each number of thresholds that it can lie above."""
_SIZES = Sizes(LATENT * len(THRESHOLDS) + len(THETAS), LATENT, LATENT)
_OFFSET, _STEEP = 20.0, 200.0


def _weights() -> dict[str, np.ndarray]:
    """Hidden units that are ``z + 20`` and never below zero; steps in z, then constants."""
    weights = worlds.zeros(_SIZES)
    weights["linear3.weight"][:] = np.eye(LATENT)
    weights["linear3.bias"][:] = _OFFSET
    steps = np.repeat(np.eye(LATENT), len(THRESHOLDS), axis=0)
    weights["linear4.weight"][: len(steps)] = _STEEP * steps
    weights["linear4.bias"][: len(steps)] = -_STEEP * (_OFFSET + np.tile(THRESHOLDS, LATENT))
    weights["linear4.bias"][len(steps) :] = logit(THETAS)
    return weights


@dataclass(frozen=True)
class Samples:
    """Pixels ``[calls, samples, ...]``: ``steps`` tell about z, ``constants`` about the draws."""

    steps: np.ndarray
    constants: np.ndarray

    @property
    def binary(self) -> bool:
        """Whether there are only zeros and ones."""
        return all(bool(np.all((part == 0) | (part == 1))) for part in (self.steps, self.constants))


def _pixels(outcome: Outcome) -> list[np.ndarray]:
    found = []
    for value in values(outcome, METHOD):
        array = tensor(value, "x")
        wanted = (SAMPLES, _SIZES.obs)
        if array.size != SAMPLES * _SIZES.obs:
            lost = Lost(
                f"x should have shape {shape_words(wanted)}, and has {shape_words(array.shape)}.",
                evidence={"wanted_shape": list(wanted), "shape": list(array.shape)},
            )
            raise explained(lost, _of_shapes((SAMPLES,), (array,)))
        # Another arrangement of the right numbers is what the check of the shape charges.
        found.append(array.T if array.shape == wanted[::-1] else array.reshape(wanted))
    return found


def _of_shapes(counts: tuple[int, ...], arrays: Sequence[np.ndarray]) -> tuple[Misconception, ...]:
    shapes = [array.shape for array in arrays]
    return diagnosis.of_shapes(counts, shapes, _SIZES.obs, _SIZES.latent)


def _of_pixels(samples: Samples) -> tuple[Misconception, ...]:
    return diagnosis.of_pixels(samples.constants, THETAS)


def _of_latents(samples: Samples) -> tuple[Misconception, ...]:
    steps = samples.steps.reshape(*samples.steps.shape[:2], LATENT, len(THRESHOLDS))
    return diagnosis.of_latents(steps, THRESHOLDS, _of_pixels(samples))


@lru_cache(maxsize=8)  # one for all submissions of a course
def _probe(seed: int, counts: tuple[int, ...], repeat: int, stood_in: frozenset[str]) -> Probe:
    calls = tuple(Call(METHOD, {"num_samples": count}, repeat=repeat) for count in counts)
    if not stood_in:
        return Probe(_SIZES, _weights(), calls)
    noise = worlds.normal(generator(seed, 6, 0), 2 * CALLS * SAMPLES * LATENT)
    return Probe(_SIZES, _weights(), calls, stand_ins(stood_in, noise))


def _draw(exam: Exam) -> Samples:
    (outcome,) = exam.ask(_probe(exam.seed, (SAMPLES,), CALLS, exam.setting.stood_in)).outcomes
    return exam.once("sample.draws", lambda: _samples(outcome))


def _samples(outcome: Outcome) -> Samples:
    pixels = np.stack(_pixels(outcome))
    if not np.all(np.isfinite(pixels)):
        raise Lost("x holds NaN or infinite numbers.")
    return Samples(*np.split(pixels, [LATENT * len(THRESHOLDS)], axis=-1))


@check("sample.shape", "The docstring says what comes back: a row for each sample.")
def shape(exam: Exam) -> Evidence | None:
    """A tensor of shape [num_samples, obs_dim]"""
    counts = (1, 2, 7, 64)

    outcomes = exam.ask(_probe(exam.seed, counts, 1, exam.setting.stood_in)).outcomes
    arrays = [tensor(values(outcome, METHOD)[0], "x") for outcome in outcomes]
    for count, array in zip(counts, arrays, strict=True):
        wanted = (count, _SIZES.obs)
        if not shape_fits(array.shape, wanted):
            lost = Lost(
                f"sample({count}) should have shape {shape_words(wanted)}, and has "
                f"{shape_words(array.shape)}.",
                evidence={"wanted_shape": list(wanted), "shape": list(array.shape)},
            )
            raise explained(lost, _of_shapes(counts, arrays))
    return None


@check("sample.binary", "The decoder gives probabilities. What are the data made of?")
def binary(exam: Exam) -> Evidence | None:
    """Every pixel is 0 or 1"""

    samples = _draw(exam)
    if not samples.binary:
        other = samples.constants[(samples.constants != 0) & (samples.constants != 1)]
        example = f", for example {other.flat[0]:.3g}" if other.size else ""
        lost = Lost(f"x holds other numbers than 0 and 1{example}.")
        raise explained(lost, _of_pixels(samples))
    return None


def _distinct(calls: np.ndarray) -> np.ndarray:
    """Calls that gave different draws; that they should is a check of its own."""
    return calls[:1] if np.array_equal(calls[0], calls[1]) else calls


def _sharing(scores: np.ndarray) -> list[float]:
    """p-values of scores ``[calls, samples, parts]``, along samples and along parts."""
    rows = np.concatenate(scores)
    return [p for axis in (0, 1) for p in statistics.unshared(rows, axis)]


def prior_error(steps: np.ndarray) -> Lost | None:
    """What is wrong with the latent variables behind pixels ``[calls, samples, ...]``, or None."""
    above = (_distinct(steps) > 0.5).reshape(-1, SAMPLES, LATENT, len(THRESHOLDS))
    draws = len(above) * SAMPLES
    # Pixels that are exactly inverted tell as much about z.
    if above[..., 0, 0].mean() < 0.5 < above[..., 0, -1].mean():
        above = ~above
    hits = above.sum((0, 1))
    right = ndtr(-THRESHOLDS)
    rates = [
        (statistics.frequency(int(hits[index]), draws, right[index[1]]), index)
        for index in np.ndindex(hits.shape)
    ]
    bins = above.sum(-1)
    if np.any(above[..., 1:] & ~above[..., :-1]):
        # Pixels that are drawn apart from z, which another check charges, still have rates.
        scores = (above[..., 1] - right[1]) / np.sqrt(right[1] * (1 - right[1]))
        pooled = []
    else:
        scores = _SCORES[bins]
        outermost = int(np.sum((bins == 0) | (bins == len(THRESHOLDS))))
        far = statistics.frequency(outermost, bins.size, 2 * right[-1])
        pooled = [statistics.sum_zero(scores), far]
    sharing = _sharing(scores)
    if statistics.compatible(*(p for p, _ in rates), *pooled, *sharing):
        return None
    _, index = min(rates)
    if not statistics.compatible(*(p for p, _ in rates)):
        rate, threshold = hits[index] / draws, THRESHOLDS[index[1]]
        return Lost(
            f"A latent dimension exceeds {threshold:g} in {rate:.1%} of the samples; under "
            f"N(0, 1) it does in {right[index[1]]:.1%}.",
            evidence={"threshold": float(threshold), "rate": float(rate)},
        )
    if not statistics.compatible(*sharing):
        return Lost("The latent variables of different samples or dimensions are not independent.")
    return Lost(
        "The latent variables do not have mean 0 and standard deviation 1.",
        evidence={"average_score": float(scores.mean())},
    )


@check(
    "sample.prior",
    "Before any data is seen, which distribution does z have, and how many draws are needed?",
)
def prior(exam: Exam) -> Evidence | None:
    """The latent variables are drawn from N(0, I), afresh for each sample"""

    samples = _draw(exam)
    error = prior_error(samples.steps)
    if error is not None:
        raise explained(error, _of_latents(samples))
    return None


def bernoulli_error(samples: Samples) -> Lost | None:
    """What is wrong with how pixels come out given their probabilities, or None."""
    if not samples.binary:
        return Lost("Pixels are not drawn: they are other numbers than 0 and 1.")
    pixels = _distinct(samples.constants)
    scores = (pixels - THETAS) / np.sqrt(THETAS * (1 - THETAS))
    sharing = _sharing(scores)
    groups = [(float(theta), pixels[..., theta == THETAS]) for theta in np.unique(THETAS)]
    rates = [(statistics.frequency(int(d.sum()), d.size, theta), theta, d) for theta, d in groups]
    # Where theta is 0 or 1 there is no chance: a z above a threshold is above all lower ones.
    steps = samples.steps.reshape(*samples.steps.shape[:2], LATENT, -1)
    if np.any(np.diff(steps, axis=-1) > 0):
        return Lost("Pixels with theta = 0 or 1 do not all come out as 0 or 1.")
    if statistics.compatible(*(p for p, *_ in rates), *sharing):
        return None
    if statistics.compatible(*(p for p, *_ in rates)):
        return Lost("Pixels or samples share their random numbers: they are not independent.")
    _, theta, drawn = min(rates, key=lambda rate: rate[0])
    return Lost(
        f"Pixels with theta = {theta:g} are 1 in {drawn.mean():.1%} of the samples.",
        evidence={"theta": theta, "rate": float(drawn.mean())},
    )


@check(
    "sample.bernoulli",
    "Given theta, how does a pixel become 0 or 1, and which pixels share that draw?",
)
def bernoulli(exam: Exam) -> Evidence | None:
    """Pixels are Bernoulli draws with probability theta, independent of each other"""

    samples = _draw(exam)
    error = bernoulli_error(samples)
    if error is not None:
        raise explained(error, _of_pixels(samples))
    return None


@check("sample.fresh", "Two calls should give different data. Is a seed set, or something stored?")
def fresh(exam: Exam) -> Evidence | None:
    """Every call draws anew"""

    samples = _draw(exam)
    for name, (first, second) in (
        ("latent variables", samples.steps),
        ("pixels", samples.constants),
    ):
        varies = bool(np.any(np.ptp(first, axis=0)))
        if varies and np.array_equal(first, second):
            lost = Lost(f"Two calls give the very same {name}.")
            raise explained(lost, diagnosis.of_repetition())
    return None


CHECKS = (shape, binary, prior, bernoulli, fresh)
