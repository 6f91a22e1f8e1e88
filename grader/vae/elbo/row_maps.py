"""Rows that are exchanged, mixed or left out: which rows a number belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from grader.vae.elbo.fits import fits, is_near, say, solve, weight_of

RowMap = Callable[[np.ndarray], np.ndarray]


def _first(rows: np.ndarray) -> np.ndarray:
    return np.repeat(rows[:1], len(rows), axis=0)


def _last(rows: np.ndarray) -> np.ndarray:
    return np.repeat(rows[-1:], len(rows), axis=0)


def average(rows: np.ndarray) -> np.ndarray:
    """Return the average over the rows, in each row."""
    return np.repeat(rows.mean(0, keepdims=True), len(rows), axis=0)


def _below(rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.cumsum(rows, axis=0))


ROW_MAPS: Mapping[str, RowMap] = MappingProxyType(
    {
        "the average over the batch": average,
        "the first row's, whichever row it is": _first,
        "the last row's, whichever row it is": _last,
        "that of the rows in reversed order": lambda rows: rows[::-1],
        "that of the row before": lambda rows: np.roll(rows, 1, axis=0),
        "that of the next row": lambda rows: np.roll(rows, -1, axis=0),
        "that of rows sorted by size": lambda rows: np.sort(rows, axis=0),
        "that of rows sorted by size, largest first": lambda rows: np.sort(rows, axis=0)[::-1],
        "the sum of this row's and of those above": _below,
        "the largest of the batch": lambda rows: np.repeat(
            rows.max(0, keepdims=True), len(rows), axis=0
        ),
        "the smallest of the batch": lambda rows: np.repeat(
            rows.min(0, keepdims=True), len(rows), axis=0
        ),
        "the middle one of the batch": lambda rows: np.repeat(
            np.median(rows, axis=0, keepdims=True), len(rows), axis=0
        ),
        "what is left when the batch's average is subtracted": lambda rows: rows - average(rows),
        "what is left when the batch's average is subtracted and the rest divided by its spread": (
            lambda rows: (rows - average(rows)) / rows.std(0, ddof=1)
        ),
    }
)
"""What a row may get instead of its own, in words."""


def moved(
    change: np.ndarray, first: np.ndarray, second: np.ndarray, factors: Sequence[float] = ()
) -> tuple[str, RowMap, float] | None:
    """Return in words what rows get instead of their own number, and with which factor.

    Args:
        change: of what rows got between two batches, ``[B]``.
        first: their own numbers in the first batch, ``[B]``; ``second`` in the second.
        factors: besides 1 and -1, of numbers that all rows get alike.
    """
    for how, mixed in ROW_MAPS.items():
        rows = mixed(second) - mixed(first)
        weight = weight_of(rows, change)
        if weight is None or abs(weight) < 1e-6:
            continue
        if np.ptp(rows) > 1e-6 or any(is_near(weight, factor) for factor in (1, -1, *factors)):
            return how, mixed, weight
    right = second - first
    for sign in (1.0, -1.0):
        if fits(np.sort(change), np.sort(sign * right)):
            order = np.argsort(np.argsort(change))
            taken = np.argsort(sign * right)[order]
            return "that of another row of the batch", _taking(taken), sign
    for sign in (1.0, -1.0):
        kept = np.abs(change - sign * right) <= 1e-4 * np.max(np.abs(right))
        if 0 < kept.sum() < len(kept) and fits(change, np.where(kept, sign * right, 0.0), 1e-4):
            return f"0 in {places(~kept)}", _keeping(kept), sign
    return None


def mixed_bound(
    answers: Sequence[np.ndarray], rights: Sequence[np.ndarray]
) -> tuple[str, str] | None:
    """Return which mixture of its own bound and the batch's average a row gets, if it is that.

    The two numbers are the factors of its own bound and of the average.
    """
    own = np.concatenate(rights)
    averages = np.concatenate([average(right) for right in rights])
    weights = solve(np.stack((own, averages), axis=-1), np.concatenate(answers))
    if weights is None or abs(weights[1]) < 1e-3:
        return None
    return say(float(weights[0])), say(float(weights[1]))


def _taking(order: np.ndarray) -> RowMap:
    return lambda rows: rows[order]


def _keeping(kept: np.ndarray) -> RowMap:
    return lambda rows: np.where(kept, rows, 0.0)


def places(which: np.ndarray) -> str:
    """Return in words which rows ``[B]`` are meant."""
    rows = np.flatnonzero(which)
    if len(rows) == 1:
        return {0: "the first row", len(which) - 1: "the last row"}.get(
            int(rows[0]), f"row {rows[0] + 1}"
        )
    return f"{len(rows)} of {len(which)} rows"
