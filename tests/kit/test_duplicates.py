"""Rows that are the same are found wherever they stand, and never among independent draws."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.kit.duplicates import alike, alike_rows

SEEDS = st.integers(0, 2**32 - 1)


def noise(seed: int, rows: int = 300, centre: float = 1.0) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal((rows, 12))
    return (centre + 1.3 * drawn).astype(np.float32).astype(np.float64)


@given(SEEDS)
@settings(max_examples=50)
def test_independent_draws_are_never_alike(seed: int) -> None:
    assert not alike(noise(seed)).any()
    assert not alike_rows(noise(seed), 1.0).any()


@given(SEEDS, st.sets(st.integers(0, 299), min_size=2, max_size=9), st.booleans(), st.booleans())
@settings(max_examples=100)
def test_copies_are_found_in_any_order_and_with_any_sign(
    seed: int, where: set[int], mirrored: bool, negative: bool
) -> None:
    rows, (first, *others) = noise(seed), sorted(where)
    for row in others:
        copy = rows[first, ::-1] if mirrored else rows[first]
        rows[row] = np.float32(2 - copy) if negative else copy
    assert set(np.flatnonzero(alike_rows(rows, 1.0))) == where


def test_rows_of_few_numbers_are_left_out() -> None:
    coins = np.random.default_rng(0).choice((-1.0, 1.0), (300, 12))
    assert not alike_rows(coins, 0.0).any()
    assert not alike_rows(np.rint(noise(0)), 1.0).any()


def test_the_same_lines_are_alike() -> None:
    lines = np.stack([np.arange(5.0), np.ones(5), np.arange(5.0)])
    assert alike(lines).tolist() == [True, False, True]
