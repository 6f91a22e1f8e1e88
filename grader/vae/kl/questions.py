"""What `kl_divergence` is asked: posteriors of several sizes, and points for its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.kit.check import Exam, Steps
from grader.kit.gradients import Point
from grader.kit.observation import Outcome
from grader.kit.outputs import numbers
from grader.kit.probe import Call, Probe
from grader.vae import expected, fixtures
from grader.vae.sizes import Sizes

METHOD, NAME, NAMES = "kl_divergence", "The divergence", ("mu", "logsigma")
LATENT, _FULL_LATENT = (1, 40), (fixtures.FULL.latent,)
_NARROW = 6
"""In so many dimensions a posterior may be very narrow."""
SIGNS = (-1.0, 1.0)
FEW = 6
"""Rows of the batches that hold posteriors of every kind: narrow, near the prior, of one sign."""


def posterior_parameters(
    exam: Exam, key: int, rows: int, latent: int, sign: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw parameters ``mu``, ``logsigma`` of posteriors, each ``[rows, latent]``.

    With a sign, all of them have it.
    """
    rng = exam.generator(4, key, rows, latent)
    mu = fixtures.normal(rng, rows, latent, scale=1.5)
    if sign:
        return sign * np.abs(mu), fixtures.as_single(sign * rng.uniform(0.1, 1.2, (rows, latent)))
    return mu, fixtures.as_single(rng.uniform(-1.5, 1.0, (rows, latent)))


def _narrow_and_near(exam: Exam, narrow: bool, latent: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw posteriors that are very narrow, in a few dimensions, or nearly the prior itself.

    The product of the variances is no determinant any more where too many are narrow: it is 0 in
    single precision.
    """
    rng = exam.generator(4, 9, int(narrow), latent)
    mu = fixtures.normal(rng, FEW, latent, scale=0.1)
    logsigma = rng.uniform(-0.1, 0.1, (FEW, latent))
    if narrow:
        logsigma[:, :_NARROW] = rng.uniform(-5.5, -3.0, logsigma[:, :_NARROW].shape)
    return mu, fixtures.as_single(logsigma)


@dataclass(frozen=True)
class Answer:
    """The outcome for a posterior, with its parameters as they were handed in."""

    mu: np.ndarray
    logsigma: np.ndarray
    outcome: Outcome

    @property
    def actual(self) -> np.ndarray:
        """The numbers that were returned, after one more step if need be."""
        return numbers(self.outcome, METHOD, NAME)

    @property
    def right(self) -> np.ndarray:
        return expected.kl(self.mu, self.logsigma)

    @property
    def arguments(self) -> dict[str, np.ndarray]:
        return {"mu": self.mu, "logsigma": self.logsigma}


@dataclass(frozen=True)
class Question:
    """Posteriors over several sizes of batch and latent space, the questions, and a point.

    Nobody can list these batches beforehand, and one is larger than any in training. The last
    question begins with two gradients at the point, for the cotangents that ``points`` have.
    """

    posteriors: list[tuple[np.ndarray, np.ndarray]]
    probes: tuple[Probe, ...]
    points: tuple[Point, Point]


def question(exam: Exam) -> Question:
    """Return what is asked of a method, which all checks share."""
    return exam.once(_make_question, exam)


def _make_question(exam: Exam) -> Question:
    batches = (1, 2, exam.rows(3, 127), exam.rows(1001, 1500))
    probes, posteriors, points = [], [], gradient_points(exam)
    latents = _latent_sizes(exam)
    for latent in latents:
        drawn = [posterior_parameters(exam, 0, rows, latent) for rows in batches]
        drawn += [posterior_parameters(exam, 1, FEW, latent, sign) for sign in SIGNS]
        drawn += [_narrow_and_near(exam, narrow, latent) for narrow in (True, False)]
        first = [point.call for point in points] if latent == latents[-1] else []
        calls = [call_with(mu, logsigma, keep=True) for mu, logsigma in drawn]
        probes.append(probe_of(latent, [*first, *calls]))
        posteriors += drawn
    return Question(posteriors, tuple(probes), points)


def _latent_sizes(exam: Exam) -> tuple[int, ...]:
    return _FULL_LATENT if exam.setting.full else LATENT


def gradient_points(exam: Exam, sign: float = 0.0) -> tuple[Point, Point]:
    """Return one posterior with a gradient, for equal and for unequal cotangents."""
    rows, latent = 7, _latent_sizes(exam)[-1]
    posterior = dict(zip(NAMES, posterior_parameters(exam, 3, rows, latent, sign), strict=True))
    cotangent = fixtures.normal(exam.generator(4, 1), rows)
    sizes = probe_of(latent, ()).sizes
    first, second = (
        Point(sizes, {}, METHOD, posterior, (weights,), NAMES)
        for weights in (np.ones(rows), cotangent)
    )
    return first, second


def answers_to(exam: Exam) -> Steps[tuple[list[Answer], list[Outcome]]]:
    """Ask what the method returns for all posteriors, and at the two points."""
    asked = question(exam)
    *seen, last = (observation.outcomes for observation in (yield asked.probes))
    of_points, of_last = list(last[:2]), last[2:]
    outcomes = [outcome for of_one in seen for outcome in of_one] + list(of_last)
    answers = [Answer(*p, o) for p, o in zip(asked.posteriors, outcomes, strict=True)]
    for answer in answers:
        assert answer.actual is not None  # raises where nothing came
    return answers, of_points


def call_with(mu: np.ndarray, logsigma: np.ndarray, keep: bool = False, repeat: int = 1) -> Call:
    """Make a call for parameters ``[rows, latent]``."""
    arguments = {"mu": mu, "logsigma": logsigma}
    return Call(METHOD, arguments, keep=keep, repeat=repeat, generators=keep)


def probe_of(latent: int, calls: Sequence[Call]) -> Probe:
    """Make a probe of a model whose layers don't matter."""
    sizes = fixtures.FULL if latent == fixtures.FULL.latent else Sizes(6, latent, 4)
    return Probe(sizes, {}, tuple(calls))
