"""Which draws share their noise: calls, rows or dimensions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grader.kit import statistics
from grader.kit.duplicates import alike
from grader.vae.reparam.draws import ENOUGH, MANY, NOTHING, Draws, copied
from grader.vae.reparam.questions import PLAIN, PLAIN_MU

AXES = ("calls", "rows", "dimensions")


def repeats(plain: np.ndarray) -> bool:
    """Return whether calls have noise of earlier ones."""
    copies = alike(plain.reshape(len(plain), -1))
    return bool(np.any(copies)) or copied(plain) > MANY >= copied(plain[0])


def copies(kinds: np.ndarray, crowds: list[np.ndarray]) -> str | None:
    """Return what is a copy of another's noise, in words, or None."""
    for of_kind in kinds:
        if np.any(alike(of_kind.reshape(len(of_kind), -1))):
            return "Two calls with the same mu and logsigma give the very same z."
    plain = kinds[PLAIN]
    sizes = np.moveaxis(np.abs(plain - PLAIN_MU), -1, 0).reshape(plain.shape[-1], -1)
    # Noise of one size only has nothing but its signs.
    shared = alike(sizes) & (np.ptp(sizes, axis=1) > NOTHING)
    if np.any(shared):
        return f"{int(shared.sum())} dimensions have noise that another one has, or minus it."
    for batch in (plain, *crowds):
        share = copied(batch)
        if share > MANY:
            return f"{100 * share:.0f} % of the rows have noise that another row has, or minus it."
    return None


def shared_axes(draws: Draws) -> list[int]:
    """Return the axes along which noise is shared."""
    sizes = statistics.sizes(draws.scores)
    tests = [
        (axis, (*statistics.unshared(lines, 0), _uncorrelated(_lines(sizes, axis))))
        for axis, lines in _along_axes(draws.scores)
    ]
    if statistics.compatible(*(p for _, of_axis in tests for p in of_axis)):
        return []
    return [axis for axis, of_axis in tests if not statistics.compatible(*of_axis)]


def is_tied(plain: np.ndarray) -> bool:
    """Return whether numbers of a row, ``[..., rows, dimensions]``, make up for each other.

    Then their sums, or the sums of their sizes, vary less than those of independent ones do.
    """
    rows = plain.reshape(-1, plain.shape[-1])
    if min(rows.shape) < 2:
        return False
    sizes = np.abs(rows - rows.mean())
    return not statistics.compatible(statistics.tied(rows), statistics.tied(sizes), families=2)


def most_shared(plain: Draws) -> int | None:
    """Return the axis along which noise is shared most, or None where it is shared along none.

    Seen in draws with the same parameters, where it can be told from a wrong centre and spread.
    """
    scores = _by_dimension(plain.residual)
    sizes = statistics.sizes(scores, band=0.25)
    shared = []
    for axis, lines in _along_axes(scores):
        if axis == 0:  # what calls share may be a centre that each row has of its own
            lines = _lines(scores - scores.mean(axis=(0, 2), keepdims=True), axis)
            tests: tuple[float, ...] = statistics.excess(lines)
        else:
            tests = (*statistics.excess(lines), _uncorrelated(_lines(sizes, axis)))
        if not statistics.compatible(*tests):
            shared.append((abs(float(np.mean(lines[:-1] * lines[1:]))), axis))
    return max(shared)[1] if shared else None


def _along_axes(scores: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each axis with more than one line, and the lines ``[n, ...]`` along it."""
    for axis, count in enumerate(scores.shape):
        if count > 1:
            yield axis, _lines(scores, axis)


def _lines(scores: np.ndarray, axis: int) -> np.ndarray:
    return np.moveaxis(scores, axis, 0).reshape(scores.shape[axis], -1)


def _uncorrelated(lines: np.ndarray) -> float:
    return statistics.uncorrelated(lines[:-1], lines[1:])


def _by_dimension(residual: np.ndarray) -> np.ndarray:
    """Return plain residuals over their spread, without the centre of each dimension."""
    calls, rows, _ = residual.shape
    for axes, count in (((0, 1), calls * rows), (None, residual.size)):
        centred = residual - residual.mean(axis=axes, keepdims=True)
        spread = centred.std(axis=axes, keepdims=True)
        if count >= ENOUGH and np.all(spread > NOTHING):
            return centred / spread
    spread = np.sqrt(np.mean(residual**2))
    return residual / spread if spread > NOTHING else np.zeros_like(residual)
