"""Find the fewest slips that turn a right formula into the one a student has written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from grader.kit.misconception import Finding, Names
from grader.kit.tolerance import close

Formula = TypeVar("Formula")


@dataclass(frozen=True)
class Slip:
    """A misconception, by name, as a change of a formula: wrong values for fields of its dataclass.

    Two slips that change the same field exclude each other.
    """

    misconception: str | Finding
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Explanation:
    """The formula that a student seems to use, and the misconceptions that lead to it."""

    formula: Any
    misconceptions: Names


def simplest(
    right: Formula, slips: Sequence[Slip], fits: Callable[[Formula], bool], most: int = 2
) -> Explanation | None:
    """Return the first single slip, or else the first compatible pair, whose formula fits; or None.

    With ``most`` = 1 no pairs are tried.
    """
    for count in range(1, most + 1):
        for chosen in combinations(slips, count):
            names = [name for slip in chosen for name in slip.changes]
            if len(set(names)) < len(names):
                continue
            changes = {name: value for slip in chosen for name, value in slip.changes.items()}
            formula = replace(right, **changes)  # type: ignore[type-var]
            if fits(formula):
                return Explanation(formula, tuple(slip.misconception for slip in chosen))
    return None


def is_column(actual: np.ndarray) -> bool:
    """Return whether an answer has the shape ``[rows, 1]``, of more rows than one."""
    return actual.ndim == 2 and len(actual) > 1 and actual.shape[1] == 1


def same(actual: np.ndarray, predicted: np.ndarray) -> bool:
    """Return whether an answer is what a formula predicts; axes of size 1 make no difference.

    Where the prediction is NaN the formula can't tell, and any answer will do.
    """
    actual, predicted = np.squeeze(actual), np.squeeze(predicted)
    if actual.shape != predicted.shape:
        return False
    known = ~np.isnan(predicted)
    return close(actual[known], predicted[known])
