"""What a call for samples gives again."""

from __future__ import annotations

import numpy as np

from grader.kit import statistics
from grader.vae.sample.models import STEPS, Samples
from grader.vae.sample.rows import is_alone, keys_of, pairs_across, pairs_among

_ALIKE, _UNLIKELY = 0.3, 1e-9
"""Correlation of what is kept in part, at least, and the p-value below which it is no chance."""
_NEAR = (1, 2, 3, 4)
"""Places to other rows that what is kept is held against."""


def repeated(samples: Samples) -> str | None:
    """Return what the second half of all calls has again from the first, as a sentence, or None."""
    half = len(samples.pixels) // 2

    def halves(calls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate(calls[:half]), np.concatenate(calls[half : 2 * half])

    bins = samples.above.sum(-1, dtype=np.uint8)
    if samples.exact:
        kept = _is_kept(*halves(bins)) or _is_kept(*halves(bins), mirrored=True)
    else:
        first, second = (part - part.mean(0) for part in map(np.float64, halves(bins)))
        kept = _correlated(first, second)
    if kept:
        return "Two calls give the very same latent variables."
    if _is_kept(*halves(samples.constants)):
        return "Two calls give the very same pixels."
    for parts, name in ((bins, "latent variables"), (samples.constants, "pixels")):
        if _in_part(*halves(parts)):
            return f"Some of the {name} of a second call depend on those of the first."
    return None


def _is_kept(first: np.ndarray, second: np.ndarray, mirrored: bool = False) -> bool:
    """Return whether rows come again in another call oftener than any two of a call are the same.

    Only rows that are the only ones of their kind count: blank images are no draws that are kept.
    """
    own, others = keys_of(first), keys_of(STEPS - second if mirrored else second)
    count, alone = len(own), is_alone(own)
    by_chance = min(1.0, (pairs_among(own) + 1) / (count * (count - 1) / 2))
    aligned = int(np.sum(alone & (own == others)))
    if aligned > 2 * count * by_chance and statistics.frequency(aligned, count, by_chance) < 1e-9:
        return True
    again, expected = pairs_across(own[alone], others[is_alone(others)]), count**2 * by_chance
    return again > 4 * expected and statistics.at_least(again, expected) < 1e-9


def _in_part(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether single columns of rows ``[n, k]`` are alike in two calls, or opposite.

    Rows are alike only where they are more so than with other rows near them: images that are
    blank, or latent variables of a wrong law, are alike in all calls without having been kept.
    """
    first, second = (part - part.mean(0) for part in map(np.float64, (first, second)))
    alike = first * second
    others = [np.mean(first * np.roll(second, places, axis=0), axis=0) for places in _NEAR]
    size = np.sqrt(np.mean(first**2, axis=0) * np.mean(second**2, axis=0))
    clear = np.abs(alike.mean(0)) - np.abs(others).max(0) > _ALIKE * size
    return bool(np.any(statistics.off_zero(alike[:, clear]) < _UNLIKELY))


def _correlated(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether rows ``[n, L]`` of mean 0 are clearly alike, pair by pair."""
    alike = np.sum(first * second, axis=1)
    size = np.sqrt(np.mean(first**2) * np.mean(second**2)) * first.shape[1]
    return bool(
        size > 0 and alike.mean() > 0.05 * size and statistics.off_zero(alike[:, None])[0] < 1e-9
    )
