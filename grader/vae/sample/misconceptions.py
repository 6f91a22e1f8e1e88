"""Wrong ways to generate data, recognised by the frequencies of pixels and by what they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit, ndtr

from grader.kit.misconception import Misconception

_TOLERANCE = 0.03
"""Of a frequency, over some thousand draws."""
_COPIED = 0.05
"""Disagreement, as a share of that of unlike ones, below which latent variables count as the same:
one that lies very close to a threshold gives pixels of either kind."""
_REPEATING = 0.05
"""Share of samples with another's z that is said to be several samples'."""
Rates = Callable[[np.ndarray], np.ndarray]


def _error(name: str, title: str, hint: str) -> Misconception:
    return Misconception(f"sample.{name}", title, hint)


_PROBABILITIES = _error(
    "probabilities_returned",
    "the probabilities themselves are returned",
    "The decoder gives the parameters of a distribution. What is still to be done to get data?",
)
_THRESHOLDED = _error(
    "thresholded",
    "a pixel is 1 wherever its probability exceeds one half",
    "A pixel with probability 0.7 should be 0 in three of ten images. How often is yours?",
)
_INVERTED = _error(
    "inverted",
    "pixels are 1 with probability 1 - theta",
    "How likely is it that a uniform random number lies below theta, and how likely above?",
)
_TWICE = _error(
    "sigmoid_twice",
    "the probabilities pass through another sigmoid before pixels are drawn",
    "Does the decoder give logits or probabilities, and which of them does your draw expect?",
)
_FAIR = _error(
    "fair_coins",
    "every pixel is tossed with a fair coin, whatever its probability",
    "The decoder says how likely each pixel is. Where does that enter your draw?",
)
_SHARED_PIXELS = _error(
    "one_uniform_for_all_pixels",
    "all pixels of an image share one random number",
    "Given z the pixels are independent. How many random numbers does an image need?",
)
_SHARED_IMAGES = _error(
    "one_uniform_image_for_all",
    "all images share the random numbers of one",
    "What shape do your random numbers have, and what happens when they meet all images?",
)
_ONE_LATENT = _error(
    "one_latent_for_all",
    "one z serves all samples",
    "Each sample is a new draw from the model. How many latent vectors does that need?",
)
_ONE_NUMBER = _error(
    "one_number_for_all_dimensions",
    "all latent dimensions of a sample share one number",
    "The prior's dimensions are independent. How many random numbers does one z need?",
)
_UNIFORM = _error(
    "uniform_latents",
    "z is drawn from a uniform distribution",
    "Which prior has the model been trained with? Which distribution does your function draw from?",
)
_BERNOULLI = _error(
    "bernoulli_latents",
    "z is made of zeros and ones",
    "Two things are drawn here. Which of them is binary, and which one is normal?",
)
_ZERO = _error(
    "latents_of_zero",
    "z is always 0, the mean of the prior",
    "How different can your images be if all of them come from one point of the latent space?",
)
_SHIFTED = _error(
    "latents_shifted",
    "the mean of z is 1",
    "What are mean and standard deviation of the prior?",
)
_WIDE = _error(
    "latents_too_wide",
    "a log standard deviation of 1 is taken for a standard deviation of 1",
    "If sigma is 1, what is log sigma?",
)
_REPEATED = _error(
    "repeated_latents",
    "a z, or its negative, serves several samples",
    "Each sample is a new draw from the model. Which of your samples have a z of their own?",
)
_CLIPPED = _error(
    "latents_clipped",
    "z never lies far from 0, as if it were clipped or its distribution cut off",
    "Has the prior an end? What becomes of a draw of 2.7 in your method?",
)
_ENCODED = _error(
    "latents_of_encoder",
    "z comes from the encoder's posterior",
    "There is no data yet when you generate. Which distribution has z then?",
)
_SEED = _error(
    "fixed_seed",
    "every call gives the same, from a fixed seed or a stored draw",
    "What makes the second call of your method different from the first?",
)
_TRANSPOSED = _error(
    "transposed",
    "rows and columns change places",
    "Which axis counts the samples, and which one the pixels?",
)
_EXTRA_AXIS = _error(
    "extra_axis",
    "there is an axis too many, of size 1",
    "How many axes does the docstring name? Follow the shape of z through your method.",
)
_IGNORED = _error(
    "number_ignored",
    "the number of samples does not depend on num_samples",
    "What should change when your method is called with another number?",
)
_LATENTS = _error(
    "latents_returned",
    "z is returned instead of x",
    "A sample of the model is an image. Which network leads from z to x?",
)

_PIXELS: tuple[tuple[Misconception, Rates], ...] = (
    (_INVERTED, lambda theta: 1 - theta),
    (_TWICE, expit),
    (_FAIR, lambda theta: np.full_like(theta, 0.5)),
)
"""How often pixels are 1, by their right probability."""
_PRIORS: tuple[tuple[Misconception, Rates], ...] = (
    (_UNIFORM, lambda t: np.clip(1 - t, 0, 1)),
    (_UNIFORM, lambda t: np.clip((1 - t) / 2, 0, 1)),
    (_BERNOULLI, lambda t: ((t < 0) + 1.0 * (t < 1)) / 2),
    (_ZERO, lambda t: 1.0 * (t < 0)),
    (_SHIFTED, lambda t: ndtr(1 - t)),
    (_WIDE, lambda t: ndtr(-t / np.e)),
)
"""How often a latent variable exceeds a threshold, none of which is 0."""

MISCONCEPTIONS = (
    _PROBABILITIES,
    _THRESHOLDED,
    *(error for error, _ in _PIXELS),
    _SHARED_PIXELS,
    _SHARED_IMAGES,
    _ONE_LATENT,
    _ONE_NUMBER,
    *dict.fromkeys(error for error, _ in _PRIORS),
    _ENCODED,
    _REPEATED,
    _CLIPPED,
    _SEED,
    _TRANSPOSED,
    _EXTRA_AXIS,
    _IGNORED,
    _LATENTS,
)


def of_pixels(constants: np.ndarray, thetas: np.ndarray) -> tuple[Misconception, ...]:
    """What is wrong with pixels ``[calls, samples, n]`` whose probabilities are ``thetas [n]``."""
    if np.allclose(constants, thetas, atol=1e-4):
        return (_PROBABILITIES,)
    decided = thetas != 0.5
    if np.all(constants[..., decided] == (thetas[decided] > 0.5)):
        return (_THRESHOLDED,)
    if not np.all((constants == 0) | (constants == 1)):
        return ()
    if all(not np.any(np.ptp(constants[..., thetas == theta], axis=-1)) for theta in thetas):
        return (_SHARED_PIXELS,)
    if not np.any(np.ptp(constants, axis=1)):
        return (_SHARED_IMAGES,)
    kinds = np.unique(thetas)
    rates = np.array([constants[..., thetas == theta].mean() for theta in kinds])
    return _first(_PIXELS, kinds, rates)


def of_latents(
    above: np.ndarray,
    thresholds: np.ndarray,
    posterior: tuple[float, float],
    pixels: tuple[Misconception, ...],
) -> tuple[Misconception, ...]:
    """What is wrong with the latent variables behind pixels.

    Args:
        above: where a latent variable exceeds one of the ``thresholds [n]``, as booleans
            ``[calls, samples, dimensions, n]``.
        posterior: mean and log standard deviation that the model's encoder gives, whatever x is.
        pixels: what is wrong with the pixels; a second sigmoid leaves little to tell about z.
    """
    if _TWICE in pixels:
        return pixels
    mean, logsigma = posterior
    encoded: Rates = lambda t: ndtr((mean - t) / np.exp(logsigma))  # noqa: E731
    rates = above.mean((0, 1, 2))
    found = _first((*_PRIORS, (_ENCODED, encoded)), thresholds, rates)
    if found:
        return found
    if _disagreement(above, 1) < _COPIED:
        return (_ONE_LATENT,)
    if _disagreement(above, 2) < _COPIED:
        return (_ONE_NUMBER,)
    if _repeating(above[0]) > _REPEATING:
        return (_REPEATED,)
    ends = rates[0] == 1 and rates[-1] == 0
    return (_CLIPPED,) if ends and np.all(np.abs(ndtr(-thresholds) - rates) < _TOLERANCE) else ()


def _repeating(above: np.ndarray) -> float:
    """Share of samples ``[samples, dimensions, n]`` with the z of another, or its negative.

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
    """How often two entries along an axis differ, as a share of how often any two do."""
    among, any_two = (np.mean(r * (1 - r)) for r in (above.mean(axis), above.mean((0, 1, 2))))
    return float(among / any_two) if any_two else 1.0


def of_repetition() -> tuple[Misconception, ...]:
    """What is behind two calls that give the same."""
    return (_SEED,)


def of_shapes(
    counts: Sequence[int], shapes: Sequence[tuple[int, ...]], obs: int, latent: int
) -> tuple[Misconception, ...]:
    """What is wrong with the shapes that came for several numbers of samples."""
    errors: tuple[tuple[Misconception, Callable[[int, tuple[int, ...]], bool]], ...] = (
        (_TRANSPOSED, lambda count, shape: shape == (obs, count)),
        (_LATENTS, lambda count, shape: shape == (count, latent)),
        (_EXTRA_AXIS, lambda count, shape: _without_ones(shape) == _without_ones((count, obs))),
        (_IGNORED, lambda count, shape: shape[-1:] == (obs,) and shape[:-1] == shapes[0][:-1]),
    )
    for error, fits in errors:
        if all(fits(count, shape) for count, shape in zip(counts, shapes, strict=True)):
            return (error,)
    return ()


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _first(
    errors: tuple[tuple[Misconception, Rates], ...], at: np.ndarray, rates: np.ndarray
) -> tuple[Misconception, ...]:
    fitting = (error for error, law in errors if np.all(np.abs(law(at) - rates) < _TOLERANCE))
    return tuple(error for error in (next(fitting, None),) if error)
