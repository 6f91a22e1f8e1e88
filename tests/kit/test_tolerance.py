"""Numbers agree but for rounding, which is another on each machine."""

from __future__ import annotations

import numpy as np
import pytest

from grader.kit.tolerance import is_one_row

ROW = np.linspace(-3, 3, 7)


@pytest.mark.parametrize(
    ("change", "expected"),
    [(0.0, True), (1e-6, True), (1e-2, False), (np.nan, False), (np.inf, False)],
)
def test_rows_are_one_whatever_their_places_round_them_to(change: float, expected: bool) -> None:
    rows = np.tile(ROW, (5, 1))
    rows[3, 2] += change
    assert is_one_row(rows) == expected


def test_a_single_row_is_one() -> None:
    assert is_one_row(ROW[None])
