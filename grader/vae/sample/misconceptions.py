"""Wrong ways to generate data, recognised by the frequencies of pixels and by what they share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit, ndtr

from grader.kit.misconception import Finding, Names, read_catalogue
from grader.kit.outputs import Shape, without_ones
from grader.kit.rounding import short
from grader.vae.sample.models import POSTERIOR, THRESHOLDS, Samples
from grader.vae.sizes import Sizes

_TOLERANCE = 0.03
"""Of a frequency, over some thousand draws."""
_OF_LAWS = 0.015
"""The same of latent variables, of which there are more."""
_COPIED = 0.05
"""Disagreement, as a share of that of unlike ones, below which latent variables count as the same:
one that lies very close to a threshold gives pixels of either kind."""
_REPEATING = 0.05
"""Share of samples with another's z that is said to be several samples'."""
CATALOGUE = read_catalogue(__file__)

Rates = Callable[[np.ndarray], np.ndarray]
_PIXELS: tuple[tuple[str, Rates], ...] = (
    ("inverted", lambda theta: 1 - theta),
    ("sigmoid_twice", expit),
    ("fair_coins", lambda theta: np.full_like(theta, 0.5)),
)
"""How often pixels are 1, by their right probability."""
_PRIORS: tuple[tuple[str, Rates], ...] = (
    ("uniform_latents", lambda t: np.clip(1 - t, 0, 1)),
    ("uniform_latents", lambda t: np.clip((1 - t) / 2, 0, 1)),
    ("bernoulli_latents", lambda t: ((t < 0) + 1.0 * (t < 1)) / 2),
    ("latents_of_zero", lambda t: 1.0 * (t < 0)),
    ("latents_shifted", lambda t: ndtr(1 - t)),
    ("latents_too_wide", lambda t: ndtr(-t / math.e)),
    ("latents_of_encoder", lambda t: ndtr((POSTERIOR[0] - t) / np.exp(POSTERIOR[1]))),
)
"""How often a latent variable exceeds a threshold, none of which is 0."""


def of_pixels(samples: Samples) -> Names:
    """Return what is wrong with how pixels of fixed probabilities are drawn."""
    constants, thetas = samples.constants, samples.thetas
    if np.allclose(constants, thetas, atol=1e-4):
        return ("probabilities_returned",)
    decided = thetas != 0.5
    if np.all(constants[..., decided] == (thetas[decided] > 0.5)):
        return ("thresholded",)
    if not np.all((constants == 0) | (constants == 1)):
        return ()
    kinds = np.unique(thetas)
    if all(not np.ptp(constants[..., thetas == theta]) for theta in kinds):
        return ()  # nothing is drawn
    if all(not np.any(np.ptp(constants[..., thetas == theta], axis=-1)) for theta in kinds):
        return ("one_uniform_for_all_pixels",)
    if not np.any(np.ptp(constants, axis=1)):
        return ("one_uniform_image_for_all",)
    rates = np.array([constants[..., thetas == theta].mean() for theta in kinds])
    return _first(_PIXELS, kinds, rates)


def of_latents(samples: Samples) -> Names:
    """Return what is wrong with the latent variables behind pixels."""
    pixels = of_pixels(samples)
    if "sigmoid_twice" in pixels:  # which leaves little to tell about z
        return pixels
    above = samples.above
    rates = above.mean((0, 1, 2))
    law = _first(_PRIORS, THRESHOLDS, rates, _OF_LAWS)
    if law:
        return law
    if np.all(above == above[:1, :1]):
        return ()  # z is the same in all calls
    if _disagreement(above, 1) < _COPIED:
        return ("one_latent_for_all",)
    if _disagreement(above, 2) < _COPIED:
        return ("one_number_for_all_dimensions",)
    return ("repeated_latents",) if _repeating(above[0]) > _REPEATING else ()


def _repeating(above: np.ndarray) -> float:
    """Return the share of samples ``[samples, dimensions, n]`` with another's z, or its negative.

    Blank images show no z, and where most z look alike nothing is said.
    """
    above = above[np.any(above, axis=(1, 2)) & ~np.all(above, axis=(1, 2))]
    if not len(above):
        return 0.0
    bins = above.sum(-1)
    kinds = np.arange(above.shape[-1] + 1)
    alike = np.mean(bins[..., None] == kinds, axis=0)
    if len(above) * np.prod(np.sum(alike**2, axis=-1)) > _REPEATING:
        return 0.0
    names = [sample.tobytes() for sample in np.ascontiguousarray(above)]
    mirrored = [sample.tobytes() for sample in np.ascontiguousarray(~above[..., ::-1])]
    counts = Counter(names)
    pairs = zip(names, mirrored, strict=True)
    return sum(counts[own] + counts[other] > 1 for own, other in pairs) / len(names)


def _disagreement(above: np.ndarray, axis: int) -> float:
    """Return how often two entries along an axis differ, as a share of how often any two do."""
    among, any_two = (np.mean(r * (1 - r)) for r in (above.mean(axis), above.mean((0, 1, 2))))
    return float(among / any_two) if any_two else 1.0


def of_shapes(counts: Sequence[int], shapes: Sequence[Shape], sizes: Sizes) -> Names:
    """Return what is wrong with the shapes that came for several numbers of samples."""
    obs, latent, rows = sizes.obs, sizes.latent, shapes[0][:-1]
    errors: tuple[tuple[str, Callable[[int, Shape], bool]], ...] = (
        ("transposed", lambda count, shape: shape == (obs, count)),
        ("latents_returned", lambda count, shape: shape == (count, latent)),
        ("extra_axis", lambda count, shape: without_ones(shape) == without_ones((count, obs))),
        ("number_ignored", lambda _, shape: shape[-1:] == (obs,) and shape[:-1] == rows),
    )
    for error, fits in errors:
        if all(map(fits, counts, shapes)):
            return (error,)
    return _of_counts(counts, shapes, obs)


def _of_counts(counts: Sequence[int], shapes: Sequence[Shape], obs: int) -> Names:
    """Return how many samples came instead of those asked for, where they are rows."""
    if any(len(shape) != 2 or shape[1] != obs for shape in shapes):
        return ()
    rows = [shape[0] for shape in shapes]
    # A single one may be all that is left where one is too few.
    gaps = {came - count for came, count in zip(rows, counts, strict=True) if count > 1}
    if len(gaps) == 1 and (gap := gaps.pop()):
        number = "one sample" if abs(gap) == 1 else f"{abs(gap)} samples"
        verb = "is" if abs(gap) == 1 else "are"
        are = f"{verb} {number} {'more' if gap > 0 else 'less'}"
        return (Finding("count_off", {"are": are}),)
    factors = {came / count for came, count in zip(rows, counts, strict=True)}
    if len(factors) == 1 and (factor := factors.pop()) != 1:
        return (Finding("count_times", {"factor": short(factor)}),)
    most = max(rows)
    if most < max(counts) and rows == [min(count, most) for count in counts]:
        return (Finding("count_capped", {"most": most}),)
    return ()


def _first(
    errors: tuple[tuple[str, Rates], ...],
    at: np.ndarray,
    rates: np.ndarray,
    tolerance: float = _TOLERANCE,
) -> Names:
    """Return the first error whose law gives such rates, if one does."""
    fitting = [error for error, law in errors if np.all(np.abs(law(at) - rates) < tolerance)]
    return tuple(fitting[:1])
