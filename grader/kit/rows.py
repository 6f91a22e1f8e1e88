"""Whether the result for a row depends on that row alone, whatever is computed of it.

Some rows of a batch are exchanged for others: what comes for the rest may not change, and what
comes for the exchanged ones has to. Each batch meets a fresh model, and generators that start anew,
so that noise is the same each time. A row by itself has to give what it gives in a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from grader.kit.check import Exam, Steps
from grader.kit.observation import Outcome
from grader.kit.probe import Probe
from grader.kit.tolerance import close

Batch = Mapping[str, np.ndarray]

_SAME = 1e-5
"""Of the largest number: the same computation, and only other rows beside it."""
_NEARLY_THE_SAME = 2e-4
"""Of the largest number: other sizes may be computed in another order."""
DEAD = 0.1
"""Share of rows that may stay as they are though their input changes, as after a ReLU."""


def row_error(
    exam: Exam,
    given: Batch,
    other: Batch,
    ask: Callable[[Batch], Probe],
    read: Callable[[Outcome, int], np.ndarray],
    dead_share: float = DEAD,
) -> Steps[str | None]:
    """Return what is wrong with how rows and results belong together, or None.

    Args:
        exam: puts the questions.
        given: a batch, by argument; ``other`` another one with as many rows, all different.
        ask: the question that has a batch as the arguments of its last call.
        read: the results ``[rows, ...]`` of that call, which had so many rows.
        dead_share: of rows that may stay as they are though their input changes.
    """
    rows = len(next(iter(given.values())))
    places = np.arange(rows)
    kept = places < (rows + 1) // 2
    # Every other row as well, for what comes of a neighbour.
    masks = (kept, ~kept, places % 2 == 0)
    probes = [ask(given), *(ask(_mixed(given, other, mask)) for mask in masks)]
    of_first = ask({name: array[:1] for name, array in given.items()})
    twice = replace(of_first, calls=(*of_first.calls, of_first.calls[-1]))
    *seen, of_one = yield [*probes, twice]
    base, *mixed = (read(observation.outcomes[-1], rows) for observation in seen)
    dead = np.zeros(rows, dtype=bool)
    for mask, results in zip(masks, mixed, strict=True):
        if not close(results[mask], base[mask], _SAME):
            if not np.all(np.isfinite(results[mask]) & np.isfinite(base[mask])):
                return "What comes for some rows is NaN or infinite."
            return "What comes for a row changes when other rows of the batch change."
        dead[~mask] |= _unmoved(results[~mask], base[~mask])
    if dead.all():
        return "What comes for a row does not depend on that row."
    if dead[-1] or dead[0]:
        which = "last" if dead[-1] else "first"
        return f"What comes for the {which} row of a batch does not depend on that row."
    if dead.mean() > dead_share:
        return f"{int(dead.sum())} of {rows} rows come out the same whatever stands in them."
    alone, repeated = (read(outcome, 1)[0] for outcome in of_one.outcomes[-2:])
    room = _NEARLY_THE_SAME * np.max(np.abs(base))
    # Where two calls differ, so does the noise in it.
    if np.all(np.abs(repeated - alone) <= room) and np.any(np.abs(base[0] - alone) > room):
        return "What comes for a row depends on how many rows stand beside it."
    return None


def _mixed(given: Batch, other: Batch, kept: np.ndarray) -> Batch:
    return {n: np.where(kept[:, None], array, other[n]) for n, array in given.items()}


def _unmoved(results: np.ndarray, base: np.ndarray) -> np.ndarray:
    return np.all(results == base, axis=tuple(range(1, base.ndim)))
