"""Draws with as many dimensions as the assignment has, one batch of them without a graph.

They are looked at where smaller draws are right, for what is wrong in other dimensions, or where
no gradient is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.kit import statistics
from grader.kit.duplicates import alike
from grader.vae.reparam.draws import MANY, blank, missing
from grader.vae.reparam.questions import LOG_STDS, PLAIN, PLAIN_MU
from grader.vae.reparam.sharing import is_tied

_DEVIATION = float(np.exp(*LOG_STDS[PLAIN]))
_RECORDED, _UNRECORDED = "With more dimensions", "Without a graph, as under torch.no_grad,"


@dataclass(frozen=True, eq=False)
class WideDraws:
    """Batches of the plain kind, ``[rows, dimensions]``; None for one that nothing came of.

    Attributes:
        recorded: drawn with a graph.
        unrecorded: drawn without.
    """

    recorded: np.ndarray | None = None
    unrecorded: np.ndarray | None = None

    @cached_property
    def location_error(self) -> str | None:
        """What is wrong with the centre of the draws, or None."""
        for words, scores in self._scores:
            if not statistics.compatible(statistics.mean_zero(scores), families=2):
                centre = PLAIN_MU + _DEVIATION * scores.mean()
                return f"{words} z lies around {centre:.3g} where mu is {PLAIN_MU:g}."
        return None

    @cached_property
    def scale_error(self) -> str | None:
        """What is wrong with the spread of the draws, or None."""
        for words, scores in self._scores:
            if not statistics.compatible(statistics.variance_one(scores), families=2):
                return (
                    f"{words} the standard deviation of z - mu is "
                    f"{_DEVIATION * scores.std():.3g} where {_DEVIATION:.3g} is right."
                )
        return None

    @cached_property
    def independence_error(self) -> str | None:
        """Which draws have no noise of their own, or None."""
        for words, z in self._batches:
            if np.all(blank(z)):
                return f"{words} there is no noise in z."
            lacking = missing(z[None])[1]
            if lacking.mean() >= MANY:
                return f"{words} {lacking.sum()} of {lacking.size} dimensions have no noise."
            copied = _copied_dimensions(z)
            if np.any(copied):
                return (
                    f"{words} {copied.sum()} of {copied.size} dimensions have the noise of another "
                    "one, or minus it."
                )
            if is_tied(z):
                return f"{words} the dimensions of z are not independent."
        return None

    @property
    def _batches(self) -> Iterator[tuple[str, np.ndarray]]:
        """Batches, each with what is special about it, in words."""
        for words, z in ((_RECORDED, self.recorded), (_UNRECORDED, self.unrecorded)):
            if z is not None:
                yield words, z

    @property
    def _scores(self) -> Iterator[tuple[str, np.ndarray]]:
        """Noise over its right spread, of dimensions that have noise, if all have their own."""
        for words, z in self._batches:
            if not np.all(blank(z)) and not np.any(_copied_dimensions(z)):
                lacking = missing(z[None])[1]
                yield words, (z[:, ~lacking].ravel() - PLAIN_MU) / _DEVIATION


def _copied_dimensions(z: np.ndarray) -> np.ndarray:
    """Return which dimensions of ``z [rows, dimensions]`` have another's noise, or minus it."""
    sizes = np.abs(z - PLAIN_MU).T
    # Noise of one size only has nothing but its signs.
    copied: np.ndarray = alike(sizes) & (np.ptp(sizes, axis=1) > 1e-5)
    return copied
