"""How rows of a batch get mixed up: results of a batch beside those of its rows alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import softmax

from grader.kit.misconception import Finding
from grader.vae.curves import number

Forward = Callable[[Callable[[np.ndarray], np.ndarray], str], np.ndarray]
"""Computes a right result with one more step, at a place by name."""


def same(actual: np.ndarray, right: np.ndarray) -> bool:
    """Return whether numbers agree but for rounding."""
    room = 2e-5 * max(1e-3, float(np.max(np.abs(right), initial=0.0)))
    return actual.shape == right.shape and bool(np.all(np.abs(actual - right) <= room))


def row_mix(batch: np.ndarray, again: np.ndarray, alone: np.ndarray) -> Finding | None:
    """Return how results ``batch [rows, width]`` come about from those ``alone``, or None.

    ``again`` is what came of the same batch in a second call.
    """
    if same(batch, alone):
        return None
    places, later = (_places(results, alone) for results in (batch, again))
    rows = len(alone)
    if sorted(places) == list(range(rows)):
        if sorted(later) == list(range(rows)) and later != places:
            return Finding("rows_shuffled")
        return _moved(places)
    if len(set(places)) == 1 and places[0] >= 0:
        which = {0: "first", rows - 1: "last"}.get(places[0], "same")
        return Finding("one_row_for_all", {"which": which})
    wrong = [row for row, place in enumerate(places) if place != row]
    if len(wrong) <= 2:
        return _left_out(batch, alone, places, wrong)
    if min(places) >= 0:
        return Finding("rows_of_others")
    if all(same(row, batch[0]) for row in batch):
        is_mean = same(batch[0], alone.mean(0))
        return Finding("rows_averaged" if is_mean else "one_result_for_all")
    for factor, words in ((rows, "multiplied"), (1 / rows, "divided")):
        if same(batch, factor * alone):
            return Finding("by_number_of_rows", {"done": words})
    if same(np.sort(batch, axis=None), np.sort(alone, axis=None)):
        is_turned = same(batch, alone.T.reshape(batch.shape))
        return Finding("rows_turned_and_cut" if is_turned else "numbers_change_rows")
    return None


def _places(batch: np.ndarray, alone: np.ndarray) -> list[int]:
    """Return which row alone each row of the batch is; -1 where none is."""
    return [next((n for n, one in enumerate(alone) if same(row, one)), -1) for row in batch]


def _moved(places: list[int]) -> Finding:
    rows = len(places)
    if places == list(range(rows))[::-1]:
        return Finding("rows_turned_around")
    for step in range(1, rows):
        if places == [(row - step) % rows for row in range(rows)]:
            back = step > rows // 2
            return Finding(
                "rows_rolled",
                {"steps": rows - step if back else step, "to": "up" if back else "down"},
            )
    return Finding("rows_change_places")


def _left_out(
    batch: np.ndarray, alone: np.ndarray, places: list[int], wrong: list[int]
) -> Finding | None:
    """Return what became of the few rows that are wrong, if it is known."""
    rows = len(alone)
    if len(wrong) == 1:
        (row,) = wrong
        which = {0: "The first", rows - 1: "The last"}.get(row, f"Number {row + 1}")
        which = which.lower()
        if np.ptp(batch[row]) < 1e-6:
            level = number(float(batch[row, 0]))
            return Finding("row_left_out", {"which": which, "level": level})
        if places[row] >= 0:
            return Finding("row_of_another", {"which": which, "place": places[row] + 1})
    return None


def _standardised(a: np.ndarray, ddof: int = 0) -> np.ndarray:
    spread: np.ndarray = (a - a.mean(0)) / np.sqrt(a.var(0, ddof=ddof) + 1e-5)
    return spread


_STEPS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "less its mean over the batch": lambda a: a - a.mean(0),
    "standardised over the batch": _standardised,
    "standardised over the batch ": lambda a: _standardised(a, 1),
    "standardised over the batch  ": lambda a: (a - a.mean(0)) / (a.std(0, ddof=1) + 1e-12),
    "standardised over the whole batch": lambda a: (a - a.mean()) / (a.std() + 1e-12),
    "standardised over the whole batch ": lambda a: (a - a.mean()) / (a.std(ddof=1) + 1e-12),
    "less the mean of the whole batch": lambda a: a - a.mean(),
    "turned into its softmax over the batch": lambda a: softmax(a, 0),
    "divided by its length over the batch": lambda a: a / (np.linalg.norm(a, axis=0) + 1e-12),
    "divided by the largest of the batch": lambda a: a / (np.max(np.abs(a)) + 1e-12),
    "divided by its largest over the batch": lambda a: a / (np.max(np.abs(a), axis=0) + 1e-12),
    "divided by its sum over the batch": lambda a: a / (a.sum(0) + 1e-12),
    "stretched to 0 and 1 over the whole batch": lambda a: (a - a.min()) / np.ptp(a),
    "divided by the number of rows": lambda a: a / len(a),
    "multiplied by the number of rows": lambda a: a * len(a),
    "averaged over the batch": lambda a: np.broadcast_to(a.mean(0), a.shape),
    "added up over the batch": lambda a: np.broadcast_to(a.sum(0), a.shape),
    "the running sum over the batch": lambda a: np.cumsum(a, 0),
    "sorted over the batch": lambda a: np.sort(a, 0),
    "turned round and cut into rows anew": lambda a: a.T.reshape(a.shape),
}


_NEAR = 3e-3
"""Room for small constants beside a deviation, about which nothing is known."""


def batch_step(batch: np.ndarray, forward: Forward, places: tuple[str, ...]) -> Finding | None:
    """Return which step over the batch, at which of the places, gives the results, or None."""
    for place in places:
        for words, step in _STEPS.items():
            with np.errstate(all="ignore"):
                right = forward(step, place)
            if np.all(np.isfinite(right)) and _nearly(batch, right):
                return Finding("over_the_batch", {"what": place, "done": words.strip()})
    return None


def _nearly(batch: np.ndarray, right: np.ndarray) -> bool:
    return bool(np.max(np.abs(batch - right)) <= _NEAR * np.max(np.abs(batch)))


def rows_beyond(many: np.ndarray, few: np.ndarray) -> Finding | None:
    """Return from where on rows are wrong in a large batch, which repeats a small one.

    ``many [rows, width]`` are the results of the large batch, ``few`` those of the small one.
    """
    right = few[np.arange(len(many)) % len(few)]
    room = 2e-4 * max(1e-3, float(np.max(np.abs(right))))
    wrong = np.flatnonzero(~np.all(np.abs(many - right) <= room, axis=1))
    if not len(wrong) or len(wrong) < 2 or wrong[-1] != len(many) - 1:
        return None
    if not np.array_equal(wrong, np.arange(wrong[0], len(many))):
        return None
    return Finding("rows_beyond", {"first": int(wrong[0])}) if wrong[0] else None
