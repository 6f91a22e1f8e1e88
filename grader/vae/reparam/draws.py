"""Draws from the posterior, and which of them have no noise of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.kit.duplicates import alike_rows
from grader.vae.reparam.questions import LOG_STDS, PLAIN_MU

MANY = 0.1
"""Share of rows from which copies are a matter of how noise is drawn, not of single rows."""
NOTHING = 1e-5
"""Spread below which a residual is rounding, not noise."""
ENOUGH = 30
"""Draws from which a centre is estimated."""

Group = tuple[int, float, np.ndarray]
"""A kind of calls, a log standard deviation, and where both are."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws: residuals ``z - mu``, with the parameters and the kind behind each.

    All are ``[calls, rows, dimensions]``.
    """

    residual: np.ndarray
    mu: np.ndarray
    logsigma: np.ndarray
    kind: np.ndarray

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Each kind and log-std that was asked for, and where."""
        pairs = ((kind, value) for kind, values in enumerate(LOG_STDS) for value in values)
        groups = ((k, v, (self.kind == k) & (self.logsigma == v)) for k, v in pairs)
        return tuple(group for group in groups if np.any(group[2]))

    def first(self, axis: int) -> Draws:
        """Return the first along an axis along which noise is shared."""
        return self._part((slice(None),) * axis + (slice(0, 1),))

    def only(self, calls: slice) -> Draws:
        """Return those of some calls."""
        return self._part((calls,))

    def _part(self, kept: tuple[slice, ...]) -> Draws:
        parts = (self.residual, self.mu, self.logsigma, self.kind)
        return Draws(*(part[kept] for part in parts))

    @cached_property
    def noise(self) -> np.ndarray:
        """The residuals without what they owe to mu and to a wrong centre, as far as is known."""
        noise = self.residual.copy()
        for _, _, group in self.groups:
            if (count := int(group.sum())) >= ENOUGH:
                design = np.stack([np.ones(count), self.mu[group]], axis=1)
                fit = np.linalg.lstsq(design, noise[group], rcond=None)[0]
                noise[group] -= design @ fit
        return noise

    @cached_property
    def scores(self) -> np.ndarray:
        """Noise over its own group's scale, whatever that scale is."""
        scores = np.zeros_like(self.noise)
        for _, _, group in self.groups:
            scale = np.sqrt(np.mean(self.noise[group] ** 2))
            scores[group] = self.noise[group] / scale if scale > NOTHING else 0.0
        return scores


def missing(plain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows and dimensions of ``[calls, rows, dimensions]`` never have their own noise.

    None where that is so of all, for then it is no matter of single ones. Nothing but noise tells
    numbers of the plain kind apart.
    """
    rows = np.all(blank(plain), axis=0)
    alike = alike_rows(plain.reshape(-1, plain.shape[-1]), PLAIN_MU).reshape(plain.shape[:2])
    if alike.mean() <= MANY:
        rows |= alike.mean(axis=0) > 0.5
    dimensions = np.ptp(plain, axis=(0, 1)) == 0
    return rows & ~rows.all(), dimensions & ~dimensions.all()


def blank(plain: np.ndarray) -> np.ndarray:
    """Return which rows ``[..., rows, dimensions]`` hold one number only."""
    return np.ptp(plain, axis=-1) == 0


def copied(plain: np.ndarray) -> float:
    """Return the share of rows ``[..., rows, dimensions]`` with another's noise, or minus it."""
    return float(alike_rows(plain.reshape(-1, plain.shape[-1]), PLAIN_MU).mean())
