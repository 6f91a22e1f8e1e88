"""Wrong draws from the posterior, recognised by what the draws have in common.

Noise is random, so nothing is compared number by number: the spread, the centre and the shape of
the noise are measured, and compared with those that errors lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from grader.kit.misconception import Finding, Names, disconnected, read_catalogue

_TOLERANCE = 0.05
_COPIED = 0.95
"""Correlation of neighbours from which draws count as copies."""

CATALOGUE = read_catalogue(__file__)
Scale = Callable[[float], float]
_RIGHT: Scale = np.exp
_SCALES: tuple[tuple[str | None, Scale], ...] = (
    (None, _RIGHT),
    ("log_variance", lambda s: np.exp(s / 2)),
    ("variance_for_deviation", lambda s: np.exp(2 * s)),
    ("exp_forgotten", abs),
    ("scale_unused", lambda s: 1.0),
    ("noise_added_twice", lambda s: np.sqrt(2) * np.exp(s)),
    ("precision_for_deviation", lambda s: np.exp(-s)),
    ("precision_for_deviation", lambda s: np.exp(-2 * s)),
)
_SPREADS: Mapping[str | None, tuple[float, ...]] = {
    None: (1.0,),
    "uniform_noise": (np.sqrt(1 / 12), np.sqrt(1 / 3), 1.0),
    "two_point_noise": (1.0, 0.5),
    "one_sided_noise": (np.sqrt(1 - 2 / np.pi),),
}
"""Standard deviations of noise before it is scaled."""
_SLOPES: tuple[tuple[str, Scale], ...] = (
    ("mean_missing", lambda s: -1.0),
    ("mean_added_twice", lambda s: 1.0),
    ("mean_scaled", lambda s: np.exp(s) - 1),
)
"""How z - mu leans on mu."""
_AXES = ("fixed_seed", "one_draw_for_batch", "one_draw_for_dimensions")


@dataclass(frozen=True)
class Recognised:
    """What a check sees to be wrong with the draws' centre, spread, shape and independence."""

    location: Names = ()
    scale: Names = ()
    normal: Names = ()
    independent: Names = ()
    is_rounded: bool = False

    def gradient(self, name: str, slopes: Mapping[str, np.ndarray | None]) -> Names:
        """Return why the gradient in ``mu`` or ``logsigma`` is not right."""
        unused = {"mu": ("mean_missing",), "logsigma": ("scale_unused", "no_noise")}[name]
        values = {"mu": self.location, "logsigma": self.scale}[name]
        slope = slopes.get(name)
        is_flat = slope is None or not np.any(slope)
        if is_flat and any(error in unused for error in values):
            return values
        if slope is not None and np.any(slope) and values:
            return values
        # Zeros come from a function that has no derivative, where nothing comes from a cut.
        if slope is not None and not np.any(slope):
            what = {"mu": "mu", "logsigma": "sigma"}[name]
            return ("rounded" if self.is_rounded else Finding("torch_normal", {"what": what}),)
        return disconnected(slopes) if slope is None else ()


def diagnose(
    scores: np.ndarray, residual: np.ndarray, mu: np.ndarray, logsigma: np.ndarray
) -> Recognised:
    """Return what explains draws ``[calls, rows, dimensions]``.

    Args:
        scores: noise of all draws, over the spread of those with the same log-std.
        residual: ``z - mu`` of the draws that are independent of each other.
        mu, logsigma: what these were asked for.
    """
    if not np.any(scores):
        return Recognised(*(("no_noise",),) * 4)
    groups = [
        _Group.of(float(value), residual[logsigma == value], mu[logsigma == value])
        for value in np.unique(logsigma)
    ]
    shape = _shape(groups)
    slope = _first(_SLOPES, lambda leaning: all(g.leans(leaning(g.log_std)) for g in groups))
    is_rounded = _is_rounded(residual + mu)
    shift = shape if shape and all(abs(g.centre) > _TOLERANCE * g.spread for g in groups) else None
    return Recognised(
        (slope,) if slope else (shift,) if shift else (),
        ("rounded",) if is_rounded else _spread(groups, shape),
        ("rounded",) if is_rounded else (shape,) if shape else (),
        tuple(error for axis, error in enumerate(_AXES) if _is_copied(scores, axis)),
        is_rounded,
    )


@dataclass(frozen=True)
class _Group:
    """Draws with one log-std: ``z - mu = centre + slope * mu + spread * scores``.

    ``lowest`` is the lowest ``z - mu``; ``sways`` says whether the spread depends on mu.
    """

    log_std: float
    centre: float
    slope: float
    spread: float
    scores: np.ndarray
    lowest: float
    sways: bool

    @staticmethod
    def of(log_std: float, residual: np.ndarray, mu: np.ndarray) -> _Group:
        design = np.stack([np.ones_like(mu), mu], axis=1)
        (centre, slope), *_ = np.linalg.lstsq(design, residual, rcond=None)
        noise = residual - design @ np.array((centre, slope))
        spread = float(noise.std())
        scores = noise / spread if spread else noise
        lowest = float(residual.min(initial=0.0))
        sways = (
            bool(np.ptp(mu) and spread)
            and abs(np.corrcoef(np.abs(scores), np.abs(mu))[0, 1]) > 2 * _TOLERANCE
        )
        return _Group(log_std, float(centre), float(slope), spread, scores, lowest, sways)

    def leans(self, slope: float) -> bool:
        """Return whether the draws lean on mu so much, and do nothing else with it."""
        return abs(self.slope - slope) < _TOLERANCE and not self.sways


def _first(errors: tuple[tuple[str, Scale], ...], fits: Callable[[Scale], bool]) -> str | None:
    return next((error for error, function in errors if fits(function)), None)


def _shape(groups: list[_Group]) -> str | None:
    """Return what the noise is if it is not normal, where it can be told."""
    scores = np.sort(np.concatenate([group.scores for group in groups]))
    # Nearly all, since what the fit takes for centre and slope moves the farthest a little.
    if np.mean(np.abs(np.abs(scores) - 1) < 2 * _TOLERANCE) > 0.99:
        return "two_point_noise"
    # The largest distance from the distribution function of a uniform with variance one.
    uniform = np.clip((scores / np.sqrt(3) + 1) / 2, 0, 1)
    distance = np.max(np.abs(uniform - (np.arange(scores.size) + 0.5) / scores.size))
    if distance < 2.5 / np.sqrt(scores.size) and scores.size > 1000:
        return "uniform_noise"
    # Where many have the lowest value, it is a bound.
    if np.mean(scores < scores[0] + 2 * _TOLERANCE) > 0.3:
        return None
    if scores.size > 1000 and all(group.lowest > -_TOLERANCE * group.spread for group in groups):
        return "one_sided_noise"
    return None


def _spread(groups: list[_Group], shape: str | None) -> Names:
    """Return which function of log sigma the spread is, given the noise's own."""
    for (error, function), own in product(_SCALES, _SPREADS[shape]):
        ratios = [group.spread / max(own * function(group.log_std), 1e-9) for group in groups]
        if all(abs(ratio - 1) < _TOLERANCE for ratio in ratios):
            return tuple(e for e in (error, shape if own != 1 else None) if e)
    return ()


def _is_copied(scores: np.ndarray, axis: int) -> bool:
    lines = np.moveaxis(scores, axis, 0)
    return len(lines) > 1 and float(np.mean(lines[:-1] * lines[1:])) > _COPIED


def _is_rounded(z: np.ndarray) -> bool:
    return any(np.all(np.abs(z * grid - np.rint(z * grid)) < 1e-3) for grid in (1, 2, 10))
