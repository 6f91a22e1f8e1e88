"""Rows of samples: which are the same, and which of them share their randomness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.kit import statistics
from grader.kit.check import NotReached

ENOUGH = 500
"""Samples, without which nothing can be said of how they are drawn."""


def require_enough(calls: np.ndarray) -> None:
    if calls.shape[0] * calls.shape[1] < ENOUGH:
        raise NotReached("There are too few different samples to say how they are drawn.")


def groups_of(calls: np.ndarray) -> Sequence[np.ndarray]:
    """Return groups whose rows may not repeat each other: each call, or all where rows are few."""
    return list(calls) if calls.shape[1] >= ENOUGH else [np.concatenate(calls)]


def keys_of(rows: np.ndarray) -> np.ndarray:
    """Return names ``[n]`` of the contents of rows ``[n, ...]``, which differ where these do."""
    flat = np.ascontiguousarray(rows.reshape(len(rows), -1))
    numbers = flat.view(np.uint64) if flat.dtype == np.float64 else flat.astype(np.uint64)
    numbers = numbers ^ (
        numbers >> np.uint64(52)
    )  # round numbers have but zeros at their lower end
    factors = np.random.default_rng(0).integers(1 << 63, size=flat.shape[1], dtype=np.uint64)
    names: np.ndarray = numbers @ (2 * factors + 1)
    return names


def pairs_among(keys: np.ndarray) -> int:
    """Return how many pairs have the same name."""
    counts = np.unique(keys, return_counts=True)[1]
    return int(np.sum(counts * (counts - 1) // 2))


def pairs_across(first: np.ndarray, second: np.ndarray) -> int:
    """Return how many pairs of one of each have the same name."""
    ordered = np.sort(second)
    ends = [np.searchsorted(ordered, first, side) for side in ("left", "right")]
    return int(np.sum(ends[1] - ends[0]))


def is_alone(keys: np.ndarray) -> np.ndarray:
    """Return where a name is the only one of its kind."""
    _, kinds, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(counts[kinds.reshape(-1)] == 1)


def sharing_tests(calls: np.ndarray) -> list[float]:
    """Return p-values that scores ``[calls, rows, parts]`` are independent.

    Along rows and parts, of neighbours and at any distance.
    """
    rows = np.concatenate(calls)
    near = [p for axis in (0, 1) for p in statistics.unshared(rows, axis)]
    apart = statistics.together([statistics.unrelated(group) for group in groups_of(calls)])
    return [*near, apart, statistics.unrelated(np.ascontiguousarray(rows.T))]


def place_of(index: int, rows: int) -> str:
    if index in (0, rows - 1):
        return "the last sample" if index else "the first sample"
    return f"sample {index + 1} of {rows}"
