"""Task 6: new data from the model.

The model's weights make pixels tell what was drawn: some pixels have a fixed probability, others
are 1 exactly where a latent dimension lies above a threshold. With 2 calls of 4096 samples the
checks tell a pixel's probability that is off by 0.03, and a latent scale that is off by 10 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logit, ndtr

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import statistics, worlds
from grader.checks.reading import shape_fits, shape_words, tensor, values
from grader.checks.stand_ins import stand_ins
from grader.checks.verdict import Evidence, Exam, Lost, NotReached, check

METHOD = "sample"
_LATENT, _SAMPLES, _CALLS = 3, 4096, 2
_THRESHOLDS = np.array((-1.5, -0.5, 0.0, 0.5, 1.5))
_THETAS = np.repeat((0.1, 0.3, 0.5, 0.7, 0.9), 5)
_SIZES = Sizes(_LATENT * len(_THRESHOLDS) + len(_THETAS), _LATENT, _LATENT)
_OFFSET, _STEEP = 20.0, 200.0


def _weights() -> dict[str, np.ndarray]:
    """Hidden units that are ``z + 20`` and never below zero; steps in z, then constants."""
    weights = worlds.zeros(_SIZES)
    weights["linear3.weight"][:] = np.eye(_LATENT)
    weights["linear3.bias"][:] = _OFFSET
    steps = np.repeat(np.eye(_LATENT), len(_THRESHOLDS), axis=0)
    weights["linear4.weight"][: len(steps)] = _STEEP * steps
    weights["linear4.bias"][: len(steps)] = -_STEEP * (_OFFSET + np.tile(_THRESHOLDS, _LATENT))
    weights["linear4.bias"][len(steps) :] = logit(_THETAS)
    return weights


@dataclass(frozen=True)
class _Samples:
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
        wanted = (_SAMPLES, _SIZES.obs)
        if array.size != _SAMPLES * _SIZES.obs:
            raise Lost(
                f"x should have shape {shape_words(wanted)}, and has {shape_words(array.shape)}.",
                evidence={"wanted_shape": list(wanted), "shape": list(array.shape)},
            )
        # Another arrangement of the right numbers is what the check of the shape charges.
        found.append(array.T if array.shape == wanted[::-1] else array.reshape(wanted))
    return found


def _probe(exam: Exam, calls: tuple[Call, ...], stood_in: bool) -> Probe:
    noise = worlds.normal(exam.generator(6, 0), 2 * _CALLS * _SAMPLES * _LATENT)
    return Probe(_SIZES, _weights(), calls, stand_ins(noise) if stood_in else None)


def _draw(exam: Exam, stood_in: bool) -> _Samples:
    call = Call(METHOD, {"num_samples": _SAMPLES}, repeat=_CALLS)
    pixels = np.stack(_pixels(exam.ask(_probe(exam, (call,), stood_in)).outcomes[0]))
    if not np.all(np.isfinite(pixels)):
        raise Lost("x holds NaN or infinite numbers.")
    return _Samples(*np.split(pixels, [_LATENT * len(_THRESHOLDS)], axis=-1))


def _either_way(judge: Callable[[bool], Evidence | None]) -> Evidence | None:
    """Judge with own helpers and, if that fails, with stand-ins; the latter's words are kept."""
    try:
        return judge(False)
    except (Lost, NotReached):
        return judge(True)


@check("sample.shape", "The docstring says what comes back: a row for each sample.")
def shape(exam: Exam) -> Evidence | None:
    """A tensor of shape [num_samples, obs_dim]"""
    counts = (1, 2, 7, 64)
    calls = tuple(Call(METHOD, {"num_samples": count}) for count in counts)

    def judge(stood_in: bool) -> Evidence | None:
        outcomes = exam.ask(_probe(exam, calls, stood_in)).outcomes
        for count, outcome in zip(counts, outcomes, strict=True):
            array = tensor(values(outcome, METHOD)[0], "x")
            wanted = (count, _SIZES.obs)
            if not shape_fits(array.shape, wanted):
                raise Lost(
                    f"sample({count}) should have shape {shape_words(wanted)}, and has "
                    f"{shape_words(array.shape)}.",
                    evidence={"wanted_shape": list(wanted), "shape": list(array.shape)},
                )
        return None

    return _either_way(judge)


@check("sample.binary", "The decoder gives probabilities. What are the data made of?")
def binary(exam: Exam) -> Evidence | None:
    """Every pixel is 0 or 1"""

    def judge(stood_in: bool) -> Evidence | None:
        samples = _draw(exam, stood_in)
        if not samples.binary:
            other = samples.constants[(samples.constants != 0) & (samples.constants != 1)]
            example = f", for example {other.flat[0]:.3g}" if other.size else ""
            raise Lost(f"x holds other numbers than 0 and 1{example}.")
        return None

    return _either_way(judge)


@check(
    "sample.prior",
    "Before any data is seen, which distribution does z have, and how many draws are needed?",
)
def prior(exam: Exam) -> Evidence | None:
    """The latent variables are drawn from N(0, I), afresh for each sample"""

    def judge(stood_in: bool) -> Evidence | None:
        above = (_draw(exam, stood_in).steps > 0.5).astype(np.float64)
        rates = above.mean((0, 1))
        draws = _CALLS * _SAMPLES
        right = np.tile(1 - ndtr(_THRESHOLDS), _LATENT)
        # Pixels that are exactly inverted tell as much about z.
        if rates[0] < 0.5 < rates[len(_THRESHOLDS) - 1]:
            rates, above = 1 - rates, 1 - above
        for rate, probability, threshold in zip(
            rates, right, np.tile(_THRESHOLDS, _LATENT), strict=True
        ):
            if not statistics.frequency_fits(rate * draws, draws, probability):
                raise Lost(
                    f"A latent dimension exceeds {threshold:g} in {rate:.1%} of the samples; under "
                    f"N(0, 1) it does in {probability:.1%}.",
                    evidence={"threshold": float(threshold), "rate": float(rate)},
                )
        signs = 2 * above[..., np.tile(_THRESHOLDS == 0, _LATENT)] - 1
        if not all(statistics.is_unshared(call, axis) for call in signs for axis in (0, 1)):
            raise Lost(
                "The latent variables of different samples or dimensions are not independent."
            )
        return None

    return _either_way(judge)


@check(
    "sample.bernoulli",
    "Given theta, how does a pixel become 0 or 1, and which pixels share that draw?",
)
def bernoulli(exam: Exam) -> Evidence | None:
    """Pixels are Bernoulli draws with probability theta, independent of each other"""

    def judge(stood_in: bool) -> Evidence | None:
        samples = _draw(exam, stood_in)
        if not samples.binary:
            raise Lost("Pixels are not drawn: they are other numbers than 0 and 1.")
        pixels = samples.constants
        for theta in np.unique(_THETAS):
            drawn = pixels[..., theta == _THETAS]
            if not statistics.frequency_fits(float(drawn.sum()), drawn.size, float(theta)):
                raise Lost(
                    f"Pixels with theta = {theta:g} are 1 in {drawn.mean():.1%} of the samples.",
                    evidence={"theta": float(theta), "rate": float(drawn.mean())},
                )
        # Where theta is 0 or 1 there is no chance: a z above a threshold is above all lower ones.
        steps = samples.steps.reshape(*samples.steps.shape[:2], _LATENT, -1)
        if np.any(np.diff(steps, axis=-1) > 0):
            raise Lost("Pixels with theta = 0 or 1 do not all come out as 0 or 1.")
        scores = (pixels - _THETAS) / np.sqrt(_THETAS * (1 - _THETAS))
        if not all(statistics.is_unshared(call, axis) for call in scores for axis in (0, 1)):
            raise Lost("Pixels or samples share their random numbers: they are not independent.")
        return None

    return _either_way(judge)


@check("sample.fresh", "Two calls should give different data. Is a seed set, or something stored?")
def fresh(exam: Exam) -> Evidence | None:
    """Every call draws anew"""

    def judge(stood_in: bool) -> Evidence | None:
        samples = _draw(exam, stood_in)
        for name, (first, second) in (
            ("latent variables", samples.steps),
            ("pixels", samples.constants),
        ):
            varies = bool(np.any(np.ptp(first, axis=0)))
            if varies and np.array_equal(first, second):
                raise Lost(f"Two calls give the very same {name}.")
        return None

    return _either_way(judge)


CHECKS = (shape, binary, prior, bernoulli, fresh)
