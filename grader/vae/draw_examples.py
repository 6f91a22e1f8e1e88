"""Cases that show what is wrong with draws, by what many of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grader.kit.example import Case, Printed, printed_numbers, printed_words, tensor_numbers
from grader.kit.observation import Returned, Value
from grader.kit.probe import Probe

DRAWS = 10_000
_STANDARD_ERRORS = 4.5
_SPREADS = 6.0
"""So many deviations over the calls of a case: there are few of them."""

Compute = Callable[[np.ndarray], Any]
Setup = Sequence[str]


def statistic_case(
    setup: Setup,
    probe: Probe,
    code: str,
    compute: Compute,
    right: np.ndarray | float,
    deviation: np.ndarray | float,
) -> Case:
    """Make a case of statistics of `DRAWS` draws.

    Args:
        setup: lines that draw them.
        probe: asks for them.
        code: computes the statistics.
        compute: does the same in NumPy.
        right: the right values.
        deviation: the standard deviations of the right values of a single draw.
    """
    wanted = np.asarray(right, np.float64)
    error = _STANDARD_ERRORS * np.asarray(deviation) / np.sqrt(DRAWS)

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        arrays = _arrays(outcomes[0].values)
        with np.errstate(invalid="ignore"):
            found = np.array([compute(array) for array in arrays if array.size > 1], np.float64)
        if not len(found) or found.shape[1:] != wanted.shape:
            return None
        spread = found.std(axis=0, ddof=1)
        rooms = _SPREADS * spread + error / 5 * (spread > 0), error
        for decimals in (1, 0):
            printed = printed_numbers(code, found.mean(axis=0), wanted, decimals, rooms)
            if printed is not None:
                return printed
        return None

    return Case(tuple(setup), (probe,), read)


def count_case(setup: Setup, probe: Probe, code: str, compute: Compute, right: object) -> Case:
    """Make a case of something that is the same for every call, be draws what they are."""

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        found = [compute(array) for array in _arrays(outcomes[0].values)]
        is_known = found and all(other == found[0] for other in found)
        return printed_words(code, found[0], right) if is_known else None

    return Case(tuple(setup), (probe,), read)


def _arrays(values: Sequence[Value]) -> list[np.ndarray]:
    """Return what calls gave as numbers; nothing if one of them gave something else."""
    arrays = [array for array in map(tensor_numbers, values) if array is not None]
    is_whole = len(arrays) == len(values) and len({array.shape for array in arrays}) == 1
    if not is_whole or not all(np.all(np.isfinite(array)) for array in arrays):
        return []
    return [array.astype(np.float64) for array in arrays]
