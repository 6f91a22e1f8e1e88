"""Rows of numbers that are the same: is_alike by sorting, never among independent draws."""

from __future__ import annotations

import numpy as np

_CLOSE = 1e-5
"""Room for rounding; a dozen independent draws don't all come so near to a dozen others."""


def alike(lines: np.ndarray) -> np.ndarray:
    """Return which lines ``[n, numbers]`` are the same as another one, ``[n]``."""
    order = np.argsort(lines.sum(axis=1))  # those that are the same come next to each other
    near = np.all(np.abs(np.diff(lines[order], axis=0)) < _CLOSE, axis=1)
    is_alike = np.zeros(len(lines), dtype=bool)
    is_alike[order[:-1]] |= near
    is_alike[order[1:]] |= near
    return is_alike


def alike_rows(rows: np.ndarray, centre: float) -> np.ndarray:
    """Return which rows ``[n, numbers]`` have another one's distances to a centre, ``[n]``.

    In any order: so what is mirrored, moved along or taken with a minus counts as well. Rows in
    which a distance occurs twice are left out, since numbers of which there are few meet by chance.
    """
    sizes = np.sort(np.abs(rows - centre), axis=1)
    varied = np.flatnonzero(np.all(np.diff(sizes, axis=1) > _CLOSE / 10, axis=1))
    is_alike = np.zeros(len(rows), dtype=bool)
    is_alike[varied] = alike(sizes[varied])
    return is_alike
