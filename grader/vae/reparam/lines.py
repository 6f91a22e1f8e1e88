"""What a method makes of its noise: a location and a scale for each number, measured exactly.

Candidates begin with the same random numbers each time. So a batch whose parameters are all alike
and one with others meet the same noise; each number of the one is a line in that of the other, and
the line's slope and offset tell scale and location without any error but rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.kit.check import Exam, Steps
from grader.kit.observation import Outcome
from grader.kit.outputs import one_step_from, values
from grader.kit.precision import as_single
from grader.kit.probe import Call, Probe
from grader.vae import fixtures
from grader.vae.reparam.not_finite import refuse_endless
from grader.vae.reparam.questions import METHOD
from grader.vae.sizes import Sizes

BASE_MU, BASE_LOG_STD = 1.0, 0.25
MUS = np.array((-4.03, -2.01, -0.93, -0.41, 0.37, 0.89, 1.97, 4.01))
LOG_STDS = np.array((-5.03, -3.01, -1.49, -0.51, -0.13, 0.27, 0.73, 1.47, 2.03))
_ROWS, _REPEATS = 61, 8
_CLOSE = 2e-3
_STILL = 1e-4
"""Range below which numbers are the same in every call."""
MIXED, POSITIVE, NEGATIVE = range(3)
KINDS = ("", "all of mu and log sigma are positive", "all of mu and log sigma are negative")


@dataclass(frozen=True, eq=False)
class Lines:
    """Draws ``z`` of one kind and those of the base with the same noise, ``[calls, rows, L]`` each.

    Attributes:
        mu, logsigma: what ``z`` was asked for, ``[rows, L]``.
    """

    base: np.ndarray
    z: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray

    def after(self, function: Callable[[np.ndarray], np.ndarray]) -> Lines:
        """Return the same with a function of all draws in their place."""
        return Lines(function(self.base), function(self.z), self.mu, self.logsigma)

    @cached_property
    def _fit(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if np.max(np.ptp(self.base, axis=0)) > _STILL:
            return _line(self.base, self.z)
        # Where every call has the same noise, numbers with the same parameters make up a line.
        slope, offset, left = (np.zeros(self.mu.shape) for _ in range(3))
        for mu in np.unique(self.mu):
            for logsigma in np.unique(self.logsigma):
                group = (self.mu == mu) & (self.logsigma == logsigma)
                if group.sum() > 1:
                    pair = self.base[0][group][:, None], self.z[0][group][:, None]
                    slope[group], offset[group], left[group] = _line(*pair)
        return slope, offset, left

    @property
    def slope(self) -> np.ndarray:
        """How many times as wide as the base's the noise of each number is, ``[rows, L]``."""
        return self._fit[0]

    @property
    def offset(self) -> np.ndarray:
        """Where each number lies when the base's is 0, ``[rows, L]``."""
        return self._fit[1]

    @cached_property
    def are_straight(self) -> bool:
        """Whether each number is a line in its noise, and not always the same."""
        room = _CLOSE * (0.1 + np.abs(self.slope) + np.abs(self.offset))
        varies = np.ptp(self.base, axis=0) > _STILL
        if not varies.any():
            varies = np.full(varies.shape, np.ptp(self.base) > _STILL)
        return bool(np.mean(varies) > 0.5 and np.mean((self._fit[2] < room)[varies]) > 0.98)

    def location(self, of_base: float) -> np.ndarray:
        """Return each number's location, ``[rows, L]``, given that of the base."""
        return self.offset + self.slope * of_base


def _line(base: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return slope, offset and largest distance of lines through points along the first axis."""
    of_base, of_z = base - base.mean(0), z - z.mean(0)
    size = np.sum(of_base**2, axis=0)
    slope = np.sum(of_base * of_z, axis=0) / np.where(size > 0, size, 1.0)
    left = np.max(np.abs(of_z - slope * of_base), axis=0)
    return slope, z.mean(0) - slope * base.mean(0), left


@dataclass(frozen=True, eq=False)
class Measured:
    """All that was measured.

    Attributes:
        lines: of each kind.
        is_seeded: whether fresh candidates give the same draws, so that lines tell something.
        plain: draws with the same parameters everywhere, ``[calls, rows, L]``.
    """

    lines: tuple[Lines, ...]
    is_seeded: bool
    plain: np.ndarray

    @property
    def all_draws(self) -> np.ndarray:
        """Rows of every kind, ``[n, L]``."""
        kinds = [self.plain, *(lines.z for lines in self.lines)]
        return np.concatenate([z.reshape(-1, z.shape[-1]) for z in kinds])


def measure(exam: Exam) -> Steps[Measured]:
    """Ask for the same noise with parameters that are all alike, and with others.

    Raises:
        Lost: what comes can't be read.
    """
    latent = fixtures.FULL.latent if exam.setting.full else 8
    sizes = fixtures.FULL if exam.setting.full else Sizes(6, latent, 4)
    shape = (_ROWS, latent)
    rng = exam.generator(2, 30)
    kinds: list[tuple[np.ndarray, ...]] = [
        tuple(as_single(rng.choice(axis[keep(axis)], shape)) for axis in (MUS, LOG_STDS))
        for keep in (lambda a: a == a, lambda a: a > 0, lambda a: a < 0)
    ]
    alike: tuple[np.ndarray, ...] = (np.full(shape, BASE_MU), np.full(shape, BASE_LOG_STD))
    base, other = (_probe(sizes, of) for of in ([alike] * len(kinds), kinds))
    first, again, third = yield [base, base, other]
    drawn = [_draws(o, shape) for o in first.outcomes]
    is_seeded = all(
        np.array_equal(_draws(o, shape), d) for o, d in zip(again.outcomes, drawn, strict=True)
    )
    lines = tuple(
        Lines(of_base, _draws(outcome, shape), kind[0], kind[1])
        for of_base, outcome, kind in zip(drawn, third.outcomes, kinds, strict=True)
    )
    return Measured(lines, is_seeded, np.concatenate(drawn))


def _probe(sizes: Sizes, kinds: list[tuple[np.ndarray, ...]]) -> Probe:
    calls = (
        Call(METHOD, {"mu": mu, "logsigma": logsigma}, repeat=_REPEATS) for mu, logsigma in kinds
    )
    return Probe(sizes, {}, tuple(calls))


def _draws(outcome: Outcome, shape: tuple[int, ...]) -> np.ndarray:
    z = np.stack([one_step_from(value, "z", shape) for value in values(outcome, METHOD)])
    refuse_endless(z)
    return z
