"""Wrong draws from the posterior, recognised by what the draws have in common.

Noise is random, so nothing is compared number by number: the spread, the centre and the shape of
the noise are measured, and compared with those that errors lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from grader.kit import graph
from grader.kit.misconception import Misconception

_TOLERANCE = 0.05
_COPIED = 0.95
"""Correlation of neighbours from which draws count as copies."""


def _error(name: str, title: str, hint: str) -> Misconception:
    return Misconception(f"reparam.{name}", title, hint)


_LOG_VARIANCE = _error(
    "log_variance",
    "log sigma is read as the logarithm of the variance",
    "The argument is the logarithm of the standard deviation. How do you undo a logarithm?",
)
_VARIANCE = _error(
    "variance_for_deviation",
    "the noise is multiplied with the variance instead of the standard deviation",
    "If standard normal noise is multiplied with a number, what becomes of its variance?",
)
_EXP = _error(
    "exp_forgotten",
    "log sigma itself is used as the standard deviation, without the exponential",
    "A standard deviation is never negative, while log sigma may be. What is missing between them?",
)
_UNUSED = _error(
    "scale_unused",
    "log sigma does not enter",
    "What should change in your draws when log sigma grows? Does it?",
)
_PRECISION = _error(
    "precision_for_deviation",
    "the noise is divided by the standard deviation or the variance",
    "Should draws from a wide posterior lie near the mean, or far from it?",
)
_NOT_EXPONENTIAL = _error(
    "not_exponential",
    "another function than the exponential turns log sigma into sigma",
    "Which function undoes the natural logarithm, for negative values as for positive ones?",
)
_TWICE = _error(
    "noise_added_twice",
    "two independent noises are added",
    "How many random numbers enter one number of z? What is the variance of their sum?",
)
_NO_NOISE = _error(
    "no_noise",
    "nothing is drawn",
    "Two calls with the same arguments should give different results. Where does yours draw?",
)
_UNIFORM = _error(
    "uniform_noise",
    "the noise is uniform instead of normal",
    "torch has several functions for random numbers. Which distribution does yours draw from?",
)
_TWO_POINT = _error(
    "two_point_noise",
    "the noise has two values only",
    "A normal distribution gives a new number in every draw. Which distribution is yours?",
)
_ONE_SIDED = _error(
    "one_sided_noise",
    "the noise is never negative",
    "On which sides of the mean should draws lie, and how often?",
)
_BATCH = _error(
    "one_draw_for_batch",
    "all rows of the batch share one draw",
    "What shape does your noise have, and what happens when it meets a whole batch?",
)
_DIMENSIONS = _error(
    "one_draw_for_dimensions",
    "all dimensions of a row share one draw",
    "What shape does your noise have? Each latent dimension is independent of the others.",
)
_SEED = _error(
    "fixed_seed",
    "every call gives the same noise, from a fixed seed or a stored draw",
    "What makes the second call of your method different from the first?",
)
_MEAN_MISSING = _error(
    "mean_missing",
    "mu does not enter",
    "Around which value should the draws for a row lie? Around which one do yours?",
)
_MEAN_TWICE = _error(
    "mean_added_twice",
    "mu is added twice",
    "Write z as a sum. Does mu appear in one of its parts, or in more?",
)
_MEAN_SCALED = _error(
    "mean_scaled",
    "mu is multiplied with sigma along with the noise",
    "Noise is first scaled and then moved. What changes if that is done the other way round?",
)
_TORCH_NORMAL = _error(
    "torch_normal",
    "a random function of torch draws with mu and sigma as its parameters, which passes no "
    "gradient on to them",
    "A draw can't be differentiated. Can you draw from a distribution without parameters first, "
    "and bring mu and sigma in afterwards?",
)
_ROUNDED = _error(
    "rounded",
    "z is rounded, which passes no gradient on",
    "How does a rounded number move when what is rounded moves a little?",
)
_GRAPH = graph.errors("reparam", "z")

Scale = Callable[[float], float]
_RIGHT: Scale = np.exp
_SCALES: tuple[tuple[Misconception | None, Scale], ...] = (
    (None, _RIGHT),
    (_LOG_VARIANCE, lambda s: np.exp(s / 2)),
    (_VARIANCE, lambda s: np.exp(2 * s)),
    (_EXP, abs),
    (_UNUSED, lambda s: 1.0),
    (_TWICE, lambda s: np.sqrt(2) * np.exp(s)),
    (_PRECISION, lambda s: np.exp(-s)),
    (_PRECISION, lambda s: np.exp(-2 * s)),
    (_NOT_EXPONENTIAL, lambda s: np.exp(abs(s))),
    (_NOT_EXPONENTIAL, lambda s: np.logaddexp(0, s)),
)
_SPREADS: Mapping[Misconception | None, tuple[float, ...]] = {
    None: (1.0,),
    _UNIFORM: (np.sqrt(1 / 12), np.sqrt(1 / 3), 1.0),
    _TWO_POINT: (1.0, 0.5),
    _ONE_SIDED: (np.sqrt(1 - 2 / np.pi),),
}
"""Standard deviations of noise before it is scaled."""
_SLOPES: tuple[tuple[Misconception, Scale], ...] = (
    (_MEAN_MISSING, lambda s: -1.0),
    (_MEAN_TWICE, lambda s: 1.0),
    (_MEAN_SCALED, lambda s: np.exp(s) - 1),
)
"""How z - mu leans on mu."""
_AXES = (_SEED, _BATCH, _DIMENSIONS)

MISCONCEPTIONS = (
    *dict.fromkeys(error for error, _ in _SCALES if error),
    *(error for error in _SPREADS if error),
    *(error for error, _ in _SLOPES),
    *_AXES,
    _NO_NOISE,
    _TORCH_NORMAL,
    _ROUNDED,
    *_GRAPH.all,
)


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with the draws' centre, spread, shape and independence."""

    location: tuple[Misconception, ...] = ()
    scale: tuple[Misconception, ...] = ()
    normal: tuple[Misconception, ...] = ()
    independent: tuple[Misconception, ...] = ()
    is_rounded: bool = False

    def gradient(
        self, name: str, found: Mapping[str, np.ndarray | None]
    ) -> tuple[Misconception, ...]:
        """Why the gradient in ``mu`` or ``logsigma`` is not right."""
        unused = {"mu": (_MEAN_MISSING,), "logsigma": (_UNUSED, _NO_NOISE)}[name]
        values = {"mu": self.location, "logsigma": self.scale}[name]
        slope = found.get(name)
        if slope is None and any(error in unused for error in values):
            return values
        if slope is not None and np.any(slope) and values:
            return values
        both = [found.get("mu"), found.get("logsigma")]
        # Zeros come from a function that has no derivative, where nothing comes from a cut.
        if slope is not None and not np.any(slope):
            return (_ROUNDED,) if self.is_rounded else (_TORCH_NORMAL,)
        return _GRAPH.diagnose(dict(zip(("mu", "logsigma"), both, strict=True)))


def diagnose(
    scores: np.ndarray, residual: np.ndarray, mu: np.ndarray, logsigma: np.ndarray
) -> Diagnosis:
    """What explains draws ``[calls, rows, dimensions]``.

    Args:
        scores: noise of all draws, over the spread of those with the same log-std.
        residual: ``z - mu`` of the draws that are independent of each other.
        mu, logsigma: what these were asked for.
    """
    if not np.any(scores):
        return Diagnosis(*((_NO_NOISE,),) * 4)
    groups = [
        _Group.of(float(value), residual[logsigma == value], mu[logsigma == value])
        for value in np.unique(logsigma)
    ]
    shape = _shape(groups)
    slope = _first(_SLOPES, lambda leaning: all(g.leans(leaning(g.log_std)) for g in groups))
    is_rounded = _is_rounded(residual + mu)
    shift = shape if shape and all(abs(g.centre) > _TOLERANCE * g.spread for g in groups) else None
    return Diagnosis(
        (slope,) if slope else (shift,) if shift else (),
        (_ROUNDED,) if is_rounded else _spread(groups, shape),
        (_ROUNDED,) if is_rounded else (shape,) if shape else (),
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
        """Whether the draws lean on mu so much, and do nothing else with it."""
        return abs(self.slope - slope) < _TOLERANCE and not self.sways


def _first(
    errors: tuple[tuple[Misconception, Scale], ...], fits: Callable[[Scale], bool]
) -> Misconception | None:
    return next((error for error, function in errors if fits(function)), None)


def _shape(groups: list[_Group]) -> Misconception | None:
    """What the noise is if it is not normal: a distribution that it can be told to follow."""
    scores = np.sort(np.concatenate([group.scores for group in groups]))
    # Nearly all, since what the fit takes for centre and slope moves the farthest a little.
    if np.mean(np.abs(np.abs(scores) - 1) < 2 * _TOLERANCE) > 0.99:
        return _TWO_POINT
    # The largest distance from the distribution function of a uniform with variance one.
    uniform = np.clip((scores / np.sqrt(3) + 1) / 2, 0, 1)
    distance = np.max(np.abs(uniform - (np.arange(scores.size) + 0.5) / scores.size))
    if distance < 2.5 / np.sqrt(scores.size) and scores.size > 1000:
        return _UNIFORM
    if scores.size > 1000 and all(group.lowest > -_TOLERANCE * group.spread for group in groups):
        return _ONE_SIDED
    return None


def _spread(groups: list[_Group], shape: Misconception | None) -> tuple[Misconception, ...]:
    """Which function of log sigma the spread is, given the noise's own."""
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
