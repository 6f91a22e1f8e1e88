"""When two arrays of numbers are the same but for rounding, and how they differ where not."""

from __future__ import annotations

from typing import Any

import numpy as np

RELATIVE = 2e-4
"""Of the largest right value: room for single precision in any order of summation, and for a small
epsilon inside a logarithm; an order of magnitude below the smallest error worth a point."""


def _room(right: np.ndarray, relative: float) -> float:
    return relative * max(float(np.max(np.abs(right), initial=0.0)), 1e-3)


def close(actual: np.ndarray, right: np.ndarray, relative: float = RELATIVE) -> bool:
    """Return whether all numbers agree; NaN and infinity agree with nothing."""
    if actual.shape != right.shape:
        return False
    if not (np.all(np.isfinite(actual)) and np.all(np.isfinite(right))):
        return False
    room = _room(right, relative)
    return bool(np.all(np.abs(actual - right) <= room))


def is_one_row(array: np.ndarray) -> bool:
    """Return whether all rows are the same but for rounding, which differs with their places."""
    return close(array, np.broadcast_to(array[:1], array.shape))


def close_in_most_rows(actual: np.ndarray, right: np.ndarray, relative: float = RELATIVE) -> bool:
    """Return whether three quarters of the rows agree, and two or more: one may be left out."""
    if actual.shape != right.shape:
        return False
    room = _room(right, relative)
    with np.errstate(invalid="ignore"):
        rows = np.all(np.abs(actual - right) <= room, axis=tuple(range(1, right.ndim)))
    return float(np.mean(rows)) >= 0.75 and int(np.sum(rows)) >= 2


def difference(actual: np.ndarray, right: np.ndarray) -> tuple[str, dict[str, Any]]:
    """Return a sentence about the first row that differs, and the same as evidence."""
    if actual.shape != right.shape:
        return f"shape {list(right.shape)} expected, {list(actual.shape)} came", {}
    bad = ~np.isfinite(actual)
    if np.any(bad):
        return f"{int(bad.sum())} of {bad.size} numbers are NaN or infinite", {}
    room = _room(right, RELATIVE)
    wrong = np.argwhere(np.abs(actual - right) > room)
    if not len(wrong):
        return "no difference", {}
    first = tuple(int(i) for i in wrong[0])
    rows = len({int(index[0]) for index in wrong}) if right.ndim else 1
    total = right.shape[0] if right.ndim else 1
    expected, number = float(right[first]), float(actual[first])
    where = f" at {list(first)}" if first else ""
    example = f"{number:.4g} came, {expected:.4g} is right"
    sentence = f"{rows} of {total} rows differ; for example{where} {example}"
    evidence = {"index": list(first), "expected": expected, "actual": number, "rows_wrong": rows}
    return sentence, evidence
