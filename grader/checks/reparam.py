"""Task 2: draws from the posterior, reparametrised.

The statistical checks look at 4 calls with 576 rows of 16 dimensions, 36,864 draws in all; what
they tell from right draws, and how surely, stands in README.md. Where rows, dimensions or calls
share their noise, which one check charges, the others judge the draws that are different.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import statistics, worlds
from grader.checks.closeness import close, difference
from grader.checks.reading import gradients, tensor_of_shape, values
from grader.checks.verdict import Evidence, Exam, Lost, check, generator
from grader.diagnosis import reparam as diagnosis
from grader.diagnosis.misconception import explained

METHOD = "sample_with_reparam"
_NO_NOISE = "z is the same in every draw: there is no noise in it."
_ROWS, _LATENT, CALLS = 576, 16, 4
_NOTHING = 1e-5
"""Spread below which a residual is rounding, not noise."""
_LOG_STDS = (-1.5, -0.5, 0.25, 0.75)


@dataclass(frozen=True)
class Draws:
    """What came of drawing: residuals ``z - mu``, with the location and log-std behind each.

    All are ``[calls, rows, dimensions]``; only what differs is kept where noise was shared.
    ``noise`` are the residuals without what they owe to mu and to a wrong centre.
    """

    residual: np.ndarray
    noise: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray
    sharing: tuple[str, ...] = ()

    def groups(self) -> list[tuple[float, np.ndarray]]:
        """Each log-std that was asked for, and where."""
        return [(float(value), self.logsigma == value) for value in np.unique(self.logsigma)]

    def without_copies(self, axis: int, name: str) -> Draws:
        """The first along an axis along which noise is shared."""
        kept = (slice(None),) * axis + (slice(0, 1),)
        residual = self.residual[kept]
        return Draws(residual, residual, self.mu[kept], self.logsigma[kept], (*self.sharing, name))


def _z(outcome: Outcome, rows: int, latent: int) -> list[np.ndarray]:
    return [tensor_of_shape(value, "z", (rows, latent)) for value in values(outcome, METHOD)]


def _draw(exam: Exam) -> Draws:
    z = _ask(exam)
    return exam.once("reparam.draws", lambda: draws_of(z, *question(exam.seed)))


def _ask(exam: Exam) -> np.ndarray:
    """Draws ``z [calls, rows, dimensions]``."""
    z = np.stack(_z(exam.ask(_probe(exam.seed)).outcomes[0], _ROWS, _LATENT))
    if not np.all(np.isfinite(z)):
        raise Lost("z holds NaN or infinite numbers.")
    return z


@lru_cache(maxsize=2)  # one for all submissions of a course
def _probe(seed: int) -> Probe:
    mu, logsigma = question(seed)
    sizes = Sizes(6, _LATENT, 4)
    call = Call(METHOD, {"mu": mu, "logsigma": logsigma}, repeat=CALLS)
    return Probe(sizes, worlds.random_weights(generator(seed, 2, 2), sizes), (call,))


def _diagnose(exam: Exam) -> diagnosis.Diagnosis:
    mu, logsigma = question(exam.seed)
    z = _ask(exam)
    distinct = _draw(exam)
    mu, logsigma = np.broadcast_to(mu, z.shape), np.broadcast_to(logsigma, z.shape)
    everything = Draws(z - mu, _centred(z - mu, mu, logsigma), mu, logsigma)
    scores = _standardised(everything)
    return diagnosis.diagnose(scores, distinct.residual, distinct.mu, distinct.logsigma)


@lru_cache(maxsize=2)
def question(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The parameters ``mu``, ``logsigma``, each ``[rows, dimensions]``, that are drawn with."""
    rng = generator(seed, 2, 0)
    mu = worlds.normal(rng, _ROWS, _LATENT, scale=2.0)
    return mu, worlds.as_single(rng.choice(_LOG_STDS, (_ROWS, _LATENT)))


def draws_of(z: np.ndarray, mu: np.ndarray, logsigma: np.ndarray) -> Draws:
    """What several calls ``[calls, rows, dimensions]`` with one question tell."""
    residual = z - mu
    mu, logsigma = np.broadcast_to(mu, z.shape), np.broadcast_to(logsigma, z.shape)
    draws = Draws(residual, _centred(residual, mu, logsigma), mu, logsigma)
    while shared := _most_shared(draws):
        draws = draws.without_copies(*shared)
    return draws


def _centred(residual: np.ndarray, mu: np.ndarray, logsigma: np.ndarray) -> np.ndarray:
    """Residuals minus their least-squares fit by a constant and mu, for each log-std."""
    noise = np.zeros_like(residual)
    for value in np.unique(logsigma):
        group = logsigma == value
        design = np.stack([np.ones(int(group.sum())), mu[group]], axis=1)
        fit = np.linalg.lstsq(design, residual[group], rcond=None)[0]
        noise[group] = residual[group] - design @ fit
    return noise


def _standardised(draws: Draws) -> np.ndarray:
    """Noise over its own group's scale, whatever that scale is."""
    noise = np.zeros_like(draws.noise)
    for _, group in draws.groups():
        scale = np.sqrt(np.mean(draws.noise[group] ** 2))
        noise[group] = draws.noise[group] / scale if scale > _NOTHING else 0.0
    return noise


def _most_shared(draws: Draws) -> tuple[int, str] | None:
    """The axis along which noise is shared most, or None where it is shared along none."""
    noise = _standardised(draws)
    if not np.any(noise):
        return None
    found: list[tuple[float, int, str]] = []
    p_values: list[tuple[float, ...]] = []
    for axis, name in enumerate(("calls", "rows", "dimensions")):
        lines = np.moveaxis(noise, axis, 0).reshape(noise.shape[axis], -1)
        if len(lines) > 1:
            found.append((abs(float(np.mean(lines[:-1] * lines[1:]))), axis, name))
            p_values.append((*statistics.unshared(lines, 0), statistics.sizes_unshared(lines)))
    if statistics.compatible(*(p for pair in p_values for p in pair)):
        return None
    suspect = zip(found, p_values, strict=True)
    return max(along for along, pair in suspect if not statistics.compatible(*pair))[1:]


def location_error(draws: Draws) -> str | None:
    """What is wrong with the centre of the draws, or None."""
    parts = [draws.residual[group] / np.exp(value) for value, group in draws.groups()]
    means = [statistics.mean_zero(part) for part in (*parts, np.concatenate(parts))]
    slopes = [
        (statistics.slope_zero(draws.residual[group], draws.mu[group]), value)
        for value, group in draws.groups()
    ]
    if statistics.compatible(*means, *(p for p, _ in slopes)):
        return None
    if not statistics.compatible(*means):
        return f"z - mu should be 0 on average, and is {draws.residual.mean():.3g}."
    return (
        "z is not centred on mu: z - mu grows or shrinks with mu "
        f"(seen where logsigma is {min(slopes)[1]:g})."
    )


@check("reparam.location", "Around which value should the draws for one row lie?")
def location(exam: Exam) -> Evidence | None:
    """The draws are centred on mu"""
    error = location_error(_draw(exam))
    if error is not None:
        raise explained(Lost(error), _diagnose(exam).location)
    return None


def scale_error(draws: Draws) -> str | None:
    """What is wrong with the spread of the draws, or None."""
    scaled = [
        (np.exp(value), draws.noise[group] / np.exp(value)) for value, group in draws.groups()
    ]
    everything = np.concatenate([part for _, part in scaled])
    parts = (everything, *(part for _, part in scaled))
    if statistics.compatible(*map(statistics.variance_one, parts)):
        return None
    words = ", ".join(
        f"{right * part.std():.3g} where {right:.3g} is right" for right, part in scaled
    )
    return f"The standard deviation of z - mu should be exp(logsigma), and is {words}."


@check(
    "reparam.scale",
    "logsigma is the logarithm of what: of the standard deviation, or of the variance?",
)
def scale(exam: Exam) -> Evidence | None:
    """The draws spread around mu with standard deviation exp(logsigma)"""
    error = scale_error(_draw(exam))
    if error is not None:
        raise explained(Lost(error), _diagnose(exam).scale)
    return None


def normal_error(draws: Draws) -> Lost | None:
    """What is wrong with the shape of the noise, whatever its centre and spread, or None."""
    parts = [draws.noise[group] for _, group in draws.groups()]
    parts = [(part - part.mean()) / part.std() for part in parts if part.std() > _NOTHING]
    if not parts:
        return Lost(_NO_NOISE)
    noise = np.concatenate(parts)
    if statistics.compatible(*statistics.normal_shape(noise)):
        return None
    return Lost(
        "Brought to mean 0 and standard deviation 1, z - mu is not normally distributed.",
        evidence={"fourth_moment": float(np.mean(noise**4)), "largest": float(noise.max())},
    )


@check(
    "reparam.normal", "From which distribution does the noise come before it is scaled and moved?"
)
def normal(exam: Exam) -> Evidence | None:
    """The noise has the shape of a normal distribution"""
    error = normal_error(_draw(exam))
    if error is not None:
        raise explained(error, _diagnose(exam).normal)
    return None


def independence_error(draws: Draws) -> str | None:
    """Which draws share their noise, or None."""
    if not np.any(_standardised(draws)):
        return _NO_NOISE
    if draws.sharing:
        return f"The noise of different {' and '.join(draws.sharing)} is not independent."
    return None


@check("reparam.independent", "How many random numbers does a batch need, and when are they drawn?")
def independent(exam: Exam) -> Evidence | None:
    """Every row, dimension and call has noise of its own"""
    error = independence_error(_draw(exam))
    if error is not None:
        raise explained(Lost(error), _diagnose(exam).independent)
    return None


def _gradient(exam: Exam) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray | None]]:
    """Residuals, weights and gradients ``[7, 5]`` of one small batch."""
    rng = exam.generator(2, 1)
    rows, latent = 7, 5
    sizes = Sizes(6, latent, 4)
    mu = worlds.normal(rng, rows, latent, scale=2.0)
    logsigma = worlds.as_single(rng.uniform(-1, 1, (rows, latent)))
    outer = worlds.as_single(
        rng.uniform(0.5, 2, (rows, latent)) * rng.choice((-1, 1), (rows, latent))
    )
    call = Call(METHOD, {"mu": mu, "logsigma": logsigma}, (outer,), ("mu", "logsigma"))
    outcome = exam.ask(Probe(sizes, worlds.random_weights(rng, sizes), (call,))).outcomes[0]
    z = _z(outcome, rows, latent)[0]
    return z - mu, outer, gradients(outcome, METHOD)


@check("reparam.gradient_mu", "If mu moves a little and the noise stays, how does z move?")
def gradient_mu(exam: Exam) -> Evidence | None:
    """The derivative of z in mu is 1"""
    _, outer, found = _gradient(exam)
    came = found.get("mu")
    if came is None:
        lost = Lost("No gradient leads from z to mu.")
        raise explained(lost, _diagnose(exam).gradient("mu", found))
    if not close(came, outer):
        sentence, evidence = difference(came / outer, np.ones_like(outer))
        lost = Lost(f"The derivative of z in mu is not 1: {sentence}.", evidence=evidence)
        raise explained(lost, _diagnose(exam).gradient("mu", found))
    return None


@check(
    "reparam.gradient_logsigma",
    "Write z as a function of mu, logsigma and noise that depends on neither.",
)
def gradient_logsigma(exam: Exam) -> Evidence | None:
    """The derivative of z in logsigma is z - mu"""
    residual, outer, found = _gradient(exam)
    came = found.get("logsigma")
    if came is None:
        lost = Lost("No gradient leads from z to logsigma.")
        raise explained(lost, _diagnose(exam).gradient("logsigma", found))
    right = outer * residual
    if close(came, right, 1e-3) and np.any(right):
        return None
    # A wrong centre or scale has its own check: then any gradient from the noise is enough.
    if np.all(np.isfinite(came)) and np.all(came != 0):
        draws = _draw(exam)
        if location_error(draws) or scale_error(draws):
            return None
    sentence, evidence = difference(came / outer, residual)
    lost = Lost(f"The derivative of z in logsigma is not z - mu: {sentence}.", evidence=evidence)
    raise explained(lost, _diagnose(exam).gradient("logsigma", found))


CHECKS = (location, scale, normal, independent, gradient_mu, gradient_logsigma)
