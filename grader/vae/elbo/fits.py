"""Numbers fitted to what a method has returned, and put into words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

RELATIVE = 5e-5
"""Of the largest number: single precision and the rounding of sums."""
_SNAP = 2e-3
"""How near a number has to be to be called by a round one's name."""
_GOLDEN = (np.sqrt(5.0) - 1) / 2


def fits(actual: np.ndarray, predicted: np.ndarray, relative: float = RELATIVE) -> bool:
    """Return whether numbers are as predicted, up to rounding."""
    if actual.shape != predicted.shape:
        return False
    if not (np.all(np.isfinite(predicted)) and np.all(np.isfinite(actual))):
        return False
    room = relative * max(float(np.max(np.abs(actual), initial=0.0)), 1.0)
    return bool(np.all(np.abs(actual - predicted) <= room))


def solve(columns: np.ndarray, actual: np.ndarray) -> np.ndarray | None:
    """Return weights ``[k]`` with which ``columns [n, k]`` add up to ``actual [n]``, or None."""
    if not (np.all(np.isfinite(columns)) and np.all(np.isfinite(actual))):
        return None
    scales = np.maximum(np.abs(columns).max(0), 1e-9)
    weights = np.linalg.lstsq(columns / scales, actual, rcond=1e-7)[0] / scales
    return weights if fits(actual, columns @ weights) else None


def weight_of(column: np.ndarray, actual: np.ndarray) -> float | None:
    """Return the factor that turns a column into what came, if there is one."""
    weights = solve(column[:, None], actual)
    return None if weights is None else float(weights[0])


def fitted(error: Callable[[float], float], grid: Sequence[float]) -> float:
    """Return where an error is least, looked for near the best points of a grid."""
    errors = [error(point) for point in grid]
    best = [int(index) for index in np.argsort(errors)[:2]]
    found = [
        _least(error, grid[max(index - 1, 0)], grid[min(index + 1, len(grid) - 1)])
        for index in best
    ]
    return min([*found, *(grid[index] for index in best)], key=error)


def _least(error: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(30):
        step = _GOLDEN * (high - low)
        if error(high - step) < error(low + step):
            high = low + step
        else:
            low = high - step
    return (low + high) / 2


def is_near(number: float, right: float) -> bool:
    """Return whether a fitted number is as good as a round one."""
    return abs(number - right) <= _SNAP * max(abs(right), 0.1)


def say(number: float) -> str:
    """Return a fitted number as people write it."""
    nearest = round(number)
    if abs(number - nearest) <= 1e-3 * max(abs(number), 0.1) and abs(nearest) < 10**6:
        return str(nearest)
    return f"{number:.3g}"


def say_apart(first: float, second: float, digits: int = 4) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them apart."""
    for count in range(digits, 17):
        texts = f"{first:.{count}g}", f"{second:.{count}g}"
        if texts[0] != texts[1]:
            break
    return texts


def times(weight: float, what: str) -> str:
    """Return a product in words."""
    if is_near(weight, 1):
        return what
    if is_near(weight, -1):
        return f"minus {what}"
    return f"{say(weight)} times {what}"
