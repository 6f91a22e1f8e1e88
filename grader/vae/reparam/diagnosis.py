"""What explains draws that lost something: what is done to z, its noise, location and scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from grader.kit.check import Exam, Lost, Steps
from grader.kit.misconception import Diagnosis, Finding, Names
from grader.kit.outputs import values
from grader.kit.probe import Call, Probe
from grader.kit.rounding import short
from grader.kit.tolerance import close
from grader.vae.noise import Noise, about
from grader.vae.reparam.checks import PointSlopes, slope_at_point
from grader.vae.reparam.lines import BASE_LOG_STD, BASE_MU, Lines, Measured, measure
from grader.vae.reparam.misconceptions import CATALOGUE
from grader.vae.reparam.not_finite import FINITE, not_finite
from grader.vae.reparam.placement import Placement, place
from grader.vae.reparam.questions import METHOD
from grader.vae.sizes import Sizes

Findings = tuple[Finding, ...]
_OF_VALUES = ("location", "scale", "normal", "independent")
_OF_GRADIENTS = ("scale_unused", "mean_missing", "sigma_from", "mu_from")
"""What is found of values and explains gradients, too."""
_OF_SPREAD = ("noise_spread", "noise_added_twice")
_TIMES = Finding("noise_times_mu")
_SQUASHED: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("the hyperbolic tangent", np.arctanh),
    ("the sigmoid", lambda z: np.log(z / (1 - z))),
    ("the exponential", np.log),
    ("the softplus", lambda z: np.log(np.expm1(z))),
    ("the sine", np.arcsin),
)


def diagnose(exam: Exam, lost: Mapping[str, Lost]) -> Steps[Mapping[str, Names]]:
    """Return what explains the lost checks of draws from the posterior."""
    of_values = [name for name in _OF_VALUES if f"reparam.{name}" in lost]
    endless = [id for id, one in lost.items() if one.evidence.get(FINITE) is False]
    if endless and (where := (yield from not_finite(exam))):
        return dict.fromkeys(endless, where)
    names: dict[str, Names] = {}
    without = [id for id, one in lost.items() if "reparam.no_noise" in one.misconceptions]
    if without and (yield from _draws_in_eval(exam)):
        return dict.fromkeys(without, ("no_noise_in_training",))
    if any(not lost[f"reparam.{name}"].misconceptions for name in of_values):
        measured = yield from measure(exam)
        with np.errstate(all="ignore"):
            found = explain(measured)
        names = {f"reparam.{name}": getattr(found, name) for name in of_values}
        unused = {"gradient_mu": found.location, "gradient_logsigma": found.scale}
        for name, findings in unused.items():
            if any(f.name in _OF_GRADIENTS for f in findings):
                names[f"reparam.{name}"] = findings
    for argument in ("mu", "logsigma"):
        check = f"reparam.gradient_{argument}"
        if check in lost and not lost[check].misconceptions and check not in names:
            names[check] = _of_gradient(argument, (yield from slope_at_point(exam)))
    return names


def _draws_in_eval(exam: Exam) -> Steps[bool]:
    """Return whether two calls differ in eval mode."""
    rows = np.ones((4, 3))
    given = {"mu": rows, "logsigma": rows}
    call = Call(METHOD, given, repeat=2, training=False)
    (outcome,) = (yield Probe(Sizes(6, 3, 4), {}, (call,))).outcomes
    first, second = (value.array for value in values(outcome, METHOD))
    return first is not None and second is not None and not np.array_equal(first, second)


@dataclass(frozen=True)
class Explanation:
    """What explains that each of the checks is lost."""

    location: Findings = ()
    scale: Findings = ()
    normal: Findings = ()
    independent: Findings = ()

    @staticmethod
    def of_all(*findings: Finding) -> Explanation:
        """Return one and the same for all of them."""
        return Explanation(findings, findings, findings, findings)


def explain(measured: Measured) -> Explanation:
    """Return what is wrong with draws, as far as can be shown."""
    kinds, noises = measured.lines, measured.plain - BASE_MU
    shared = _over_batch(noises) or Noise(noises).sharing()
    if measured.is_seeded and _are_shuffled(kinds[0]):
        return Explanation.of_all(Finding("rows_shuffled"))
    if measured.is_seeded and not kinds[0].are_straight and (squashed := _squashed(kinds[0])):
        return Explanation.of_all(squashed)
    if whole := _of_z(measured):
        return Explanation.of_all(*whole)
    if not measured.is_seeded or not kinds[0].are_straight:
        return Explanation(independent=shared)
    placement = place(kinds)
    numbers = (measured.plain - placement.centre) / placement.spread
    noise = Noise(numbers).distribution() if _is_known(placement) else ()
    location = placement.location or _of_mean(noise, numbers)
    if location and location[0].name in _OF_SPREAD:
        # Normal noise is told by its spread alone, which moves no mean.
        location = (Finding("noise_mean", {"mean": about(float(numbers.mean()), numbers.size)}),)
    if location == (Finding("mean_missing"),) and placement.scale and placement.scale[0] == _TIMES:
        product = (Finding("mu_times_noise"), *placement.scale[1:])
        return Explanation(product, product, product, shared)
    scale = (*(placement.scale or ()), *_of_spread(noise, numbers))[:3] or location
    if _is_known(placement) and not scale and abs(float(numbers.std()) - 1) > 0.05:
        scale = (
            Finding("noise_spread", {"spread": about(float(numbers.std()), numbers.size)}),
            *(finding for finding in shared if finding.name == "noise_of_one_length"),
        )
    return Explanation(location, scale, noise or scale, shared)


def _over_batch(noise: np.ndarray) -> Findings:
    """Return that noise ``[calls, rows, L]`` adds up to 0 over the rows, maybe with one spread."""
    spread = noise.std(1)
    if np.max(np.abs(noise.mean(1))) > 1e-4 * spread.max() or np.min(spread) == 0:
        return ()
    and_spread = " and one spread" if np.ptp(spread) < 1e-3 * spread.mean() else ""
    return (Finding("noise_standardised", {"and_spread": and_spread}),)


def _are_shuffled(lines: Lines) -> bool:
    """Return whether each row of z is right for some row, in another order in each call."""
    numbers = (lines.base - BASE_MU) * np.exp(-BASE_LOG_STD)
    orders = []
    for z, noise in zip(lines.z, numbers, strict=True):
        due = lines.mu[None] + np.exp(lines.logsigma)[None] * noise[:, None]
        off = np.max(np.abs(z[:, None] - due), axis=-1)
        if np.max(off.min(1)) > 1e-3 * (1 + np.max(np.abs(z))):
            return False
        orders.append(off.argmin(1))
    return bool(np.any(np.ptp(orders, axis=0)))


def _is_known(placement: Placement) -> bool:
    """Return whether location and scale are known in the base, so that the noise is, too."""
    return placement.location != () and placement.scale != ()


def _of_mean(noise: Findings, numbers: np.ndarray) -> Findings:
    return noise if abs(float(numbers.mean())) > 0.05 else ()


def _of_spread(noise: Findings, numbers: np.ndarray) -> Findings:
    return noise if abs(float(numbers.std()) - 1) > 0.015 else ()


def _of_z(measured: Measured) -> Findings:
    """Return what is done to z as a whole: bounds, a grid, an order, a length."""
    rows = measured.all_draws
    steps = np.diff(rows, axis=1)
    if rows.shape[1] > 2 and (np.all(steps >= 0) or np.all(steps <= 0)) and np.any(steps):
        order = "ascending" if steps.max() > 0 else "descending"
        return (Finding("sorted", {"order": order}),)
    lengths = np.linalg.norm(rows, axis=1)
    if np.ptp(lengths) < 1e-3 * lengths.mean():
        return (Finding("normalised", {"length": short(float(lengths.mean()))}),)
    totals = rows.sum(1)
    if np.ptp(totals) < 1e-4 * np.abs(rows).max():
        return (Finding("row_total", {"total": short(float(totals.mean()))}),)
    share = float(np.mean(rows == 0))
    if share > 0.01 and np.mean(rows < 0) > 0.01 < np.mean(rows > 0) and len(np.unique(rows)) > 99:
        return (Finding("zeros", {"share": f"about {share:.0%}"}),)
    for grid in (1, 2, 10, 100):
        if np.all(np.abs(rows * grid - np.rint(rows * grid)) < 1e-3 * min(1, 10 / grid)):
            return (Finding("on_grid", {"step": f"{1 / grid:g}"}),)
    low, high = float(rows.min()), float(rows.max())
    at_low, at_high = (_is_bound(measured, end) for end in (low, high))
    if at_low and at_high:
        return (Finding("clamped", {"how": f"kept between {short(low)} and {short(high)}"}),)
    if at_low or at_high:
        end = f"below {short(low)}" if at_low else f"above {short(high)}"
        return (Finding("clamped", {"how": f"never {end}"}),)
    return ()


def _is_bound(measured: Measured, end: float) -> bool:
    """Return whether draws with different parameters often come to be one and the same number."""
    lines = measured.lines[0]
    cells = np.any(lines.z == end, axis=0)
    return bool(len(np.unique(lines.mu[cells])) > 2 and np.mean(lines.z == end) > 1e-3)


def _squashed(lines: Lines) -> Finding | None:
    """Return which function is applied to z in the end, if a known one is."""
    for name, inverse in _SQUASHED:
        before = lines.after(inverse)
        inside = np.isfinite(before.base) & np.isfinite(before.z) & (np.abs(before.z) < 4)
        if inside.mean() < 0.2:
            continue
        due = lines.mu + np.exp(lines.logsigma - BASE_LOG_STD) * (before.base - BASE_MU)
        near = np.abs(before.z - due) < 0.02 * (1 + np.abs(due))
        if np.mean(near[inside]) > 0.95:
            return Finding("squashed", {"function": name})
    size = np.abs(lines.z)
    if np.all(lines.z >= 0) and np.all(lines.base >= 0):
        sigma = np.exp(lines.logsigma - BASE_LOG_STD)
        options = [np.abs(lines.mu + sigma * (sign * lines.base - BASE_MU)) for sign in (1.0, -1.0)]
        if np.mean(np.min([np.abs(o - size) for o in options], axis=0) < 0.01) > 0.95:
            return Finding("squashed", {"function": "the absolute value"})
    return None


def _of_gradient(argument: str, slopes: PointSlopes) -> Names:
    """Return how a derivative of right draws differs from the right one.

    Each number of z has a derivative of its own, which is 1 in mu, and z - mu in log sigma.
    """
    derivative = slopes.derivative(argument)
    if derivative is None:
        return ()
    residual = slopes.residual
    right = np.ones_like(residual) if argument == "mu" else residual
    words = {"mu": "mu", "logsigma": "log sigma"}[argument]
    factor = float(np.sum(derivative * right) / np.sum(right**2))
    if close(derivative, factor * right, 1e-2):
        return (Finding("gradient_times", {"argument": words, "factor": short(factor)}),)
    sigma = np.exp(slopes.point.arguments["logsigma"])
    mine, other = residual / sigma, derivative / sigma
    if argument == "logsigma" and abs(np.corrcoef(mine.ravel(), other.ravel())[0, 1]) < 0.4:
        return (Finding("other_gradient"),)
    return ()


DIAGNOSIS = Diagnosis(CATALOGUE, diagnose)
