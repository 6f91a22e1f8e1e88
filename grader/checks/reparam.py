"""Task 2: draws from the posterior, reparametrised.

The statistical checks look at 2 calls with 1024 rows of 16 dimensions, 32,768 draws in all: enough
to tell a noise scale that is off by 5 %, a mean off by 0.05 standard deviations, a shared part of
5 % of the variance, and uniform noise. Where rows, dimensions or calls share their noise, which
one check charges, the others judge the draws that are different.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import statistics, worlds
from grader.checks.closeness import close, difference
from grader.checks.reading import gradients, tensor_of_shape, values
from grader.checks.verdict import Evidence, Exam, Lost, check

METHOD = "sample_with_reparam"
_ROWS, _LATENT, _CALLS = 1024, 16, 2
_LOG_STDS = (-1.5, -0.5, 0.25, 0.75)


@dataclass(frozen=True)
class _Draws:
    """What came of drawing: residuals ``z - mu``, with the location and log-std behind each.

    All are ``[calls, rows, dimensions]``; only what differs is kept where noise was shared.
    """

    residual: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray
    sharing: tuple[str, ...]

    def groups(self) -> list[np.ndarray]:
        """The residuals of each log-std that was asked for."""
        return [self.residual[self.logsigma == value] for value in np.unique(self.logsigma)]


def _z(outcome: Outcome, rows: int, latent: int) -> list[np.ndarray]:
    return [tensor_of_shape(value, "z", (rows, latent)) for value in values(outcome, METHOD)]


def _draw(exam: Exam) -> _Draws:
    rng = exam.generator(2, 0)
    mu = worlds.normal(rng, _ROWS, _LATENT, scale=2.0)
    logsigma = worlds.as_single(rng.choice(_LOG_STDS, (_ROWS, _LATENT)))
    sizes = Sizes(6, _LATENT, 4)
    call = Call(METHOD, {"mu": mu, "logsigma": logsigma}, repeat=_CALLS)
    probe = Probe(sizes, worlds.random_weights(rng, sizes), (call,))
    z = np.stack(_z(exam.ask(probe).outcomes[0], _ROWS, _LATENT))
    if not np.all(np.isfinite(z)):
        raise Lost("z holds NaN or infinite numbers.")
    shape = z.shape
    return _distinct(z - mu, np.broadcast_to(mu, shape), np.broadcast_to(logsigma, shape))


def _distinct(residual: np.ndarray, mu: np.ndarray, logsigma: np.ndarray) -> _Draws:
    noise = _standardised(residual, logsigma)
    sharing = []
    if residual.any():
        if any(not statistics.is_unshared(call, 0) for call in noise):
            sharing.append("rows")
        if any(not statistics.is_unshared(call, 1) for call in noise):
            sharing.append("dimensions")
        if not statistics.uncorrelated(noise[0], noise[1]):
            sharing.append("calls")
    kept = tuple(
        slice(0, 1) if axis in sharing else slice(None) for axis in ("calls", "rows", "dimensions")
    )
    return _Draws(residual[kept], mu[kept], logsigma[kept], tuple(sharing))


def _standardised(residual: np.ndarray, logsigma: np.ndarray) -> np.ndarray:
    """Residuals over their own group's scale around zero: noise, whatever its scale was."""
    noise = np.zeros_like(residual)
    for value in np.unique(logsigma):
        group = logsigma == value
        scale = np.sqrt(np.mean(residual[group] ** 2))
        noise[group] = residual[group] / scale if scale > 0 else 0.0
    return noise


@check("reparam.location", "Around which value should the draws for one row lie?")
def location(exam: Exam) -> Evidence | None:
    """The draws are centred on mu"""
    draws = _draw(exam)
    noise = draws.residual / np.exp(draws.logsigma)
    mean = float(draws.residual.mean())
    if not statistics.mean_is_zero(noise):
        raise Lost(
            f"z - mu should be 0 on average, and is {mean:.3g}.", evidence={"mean_residual": mean}
        )
    for name, regressor in (("mu", draws.mu), ("logsigma", draws.logsigma)):
        if not statistics.slope_is_zero(draws.residual, regressor):
            raise Lost(f"z is not centred on mu: z - mu grows or shrinks with {name}.")
    return None


def _scale_error(draws: _Draws) -> str | None:
    """What is wrong with the spread of the draws, or None."""
    if not np.any(draws.residual):
        return "z equals mu: there is no noise in it."
    ratios = [
        group.std() / np.exp(value) if group.size > 1 else 1.0
        for group, value in zip(draws.groups(), np.unique(draws.logsigma), strict=True)
    ]
    parts = [
        group / np.exp(value)
        for group, value in zip(draws.groups(), np.unique(draws.logsigma), strict=True)
    ]
    centred = np.concatenate([part - part.mean() for part in parts])
    freedom = max(centred.size - len(parts), 1)
    pooled = statistics.chi_square_fits(float(np.sum(centred**2)), freedom)
    if pooled and all(map(statistics.variance_is_one, parts)):
        return None
    words = ", ".join(
        f"{ratio * np.exp(value):.3g} where {np.exp(value):.3g} is right"
        for ratio, value in zip(ratios, np.unique(draws.logsigma), strict=True)
    )
    return f"The standard deviation of z - mu should be exp(logsigma), and is {words}."


@check(
    "reparam.scale",
    "logsigma is the logarithm of what: of the standard deviation, or of the variance?",
)
def scale(exam: Exam) -> Evidence | None:
    """The draws spread around mu with standard deviation exp(logsigma)"""
    error = _scale_error(_draw(exam))
    if error is not None:
        raise Lost(error)
    return None


@check(
    "reparam.normal", "From which distribution does the noise come before it is scaled and moved?"
)
def normal(exam: Exam) -> Evidence | None:
    """The noise has the shape of a normal distribution"""
    draws = _draw(exam)
    if not np.any(draws.residual):
        raise Lost("z equals mu: there is no noise in it.")
    parts = [g for g in draws.groups() if g.size > 1 and g.std() > 0]
    noise = np.concatenate([(g - g.mean()) / g.std() for g in parts]) if parts else np.zeros(1)
    if noise.size > 1 and not statistics.is_normal(noise):
        raise Lost(
            "Brought to mean 0 and standard deviation 1, z - mu is not normally distributed.",
            evidence={"fourth_moment": float(np.mean(noise**4)), "largest": float(noise.max())},
        )
    return None


@check("reparam.independent", "How many random numbers does a batch need, and when are they drawn?")
def independent(exam: Exam) -> Evidence | None:
    """Every row, dimension and call has noise of its own"""
    draws = _draw(exam)
    if not np.any(draws.residual):
        raise Lost("z equals mu: there is no noise in it.")
    if draws.sharing:
        shared = " and ".join(draws.sharing)
        raise Lost(f"The noise of different {shared} is not independent.")
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
        raise Lost("No gradient leads from z to mu.")
    if not close(came, outer):
        sentence, evidence = difference(came / outer, np.ones_like(outer))
        raise Lost(f"The derivative of z in mu is not 1: {sentence}.", evidence=evidence)
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
        raise Lost("No gradient leads from z to logsigma.")
    right = outer * residual
    if close(came, right, 1e-3) and np.any(right):
        return None
    # A wrong scale is charged by its own check: then any gradient from the noise is enough.
    if np.all(np.isfinite(came)) and np.all(came != 0) and _scale_error(_draw(exam)):
        return None
    sentence, evidence = difference(came / outer, residual)
    raise Lost(f"The derivative of z in logsigma is not z - mu: {sentence}.", evidence=evidence)


CHECKS = (location, scale, normal, independent, gradient_mu, gradient_logsigma)
