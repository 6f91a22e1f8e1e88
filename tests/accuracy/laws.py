"""Draws for the statistical checks: right ones, and ones that are a little wrong.

Each function makes arrays as a check's judging function gets them, without any candidate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from grader.candidate.probe import Sizes
from grader.checks import elbo_models, elbo_noise, reparam, sample, sample_draws
from grader.checks.closeness import RELATIVE
from grader.checks.expected import Bound
from grader.checks.sample_models import SMALL, THETAS, THRESHOLDS, Samples

Rng = np.random.Generator
Noise = Callable[[Rng, tuple[int, ...]], np.ndarray]


_MU, _LOGSIGMA = reparam.question(0)
_SIGMA = np.exp(_LOGSIGMA)

# ------------------------------------------------------------------ noise


def normal(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape)


def wide(factor: float) -> Noise:
    return lambda rng, shape: factor * normal(rng, shape)


def moved(by: float) -> Noise:
    return lambda rng, shape: by + normal(rng, shape)


def uniform(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Of mean 0 and variance 1."""
    return rng.uniform(-np.sqrt(3), np.sqrt(3), shape)


def two_point(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Of mean 0 and variance 1."""
    return rng.choice((-1.0, 1.0), shape)


def with_shared_part(axis: int, correlation: float) -> Noise:
    """Every two draws along an axis have this correlation."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        common = list(shape)
        common[axis] = 1
        own = np.sqrt(1 - correlation) * normal(rng, shape)
        return own + np.sqrt(correlation) * normal(rng, tuple(common))

    return draw


def with_neighbours(axis: int, correlation: float) -> Noise:
    """Draws next to each other along an axis have this correlation, those further apart none."""
    angle = np.arcsin(2 * correlation) / 2

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        longer = tuple(n + (k == axis % len(shape)) for k, n in enumerate(shape))
        innovations = np.moveaxis(normal(rng, longer), axis, 0)
        chain = np.cos(angle) * innovations[1:] + np.sin(angle) * innovations[:-1]
        return np.moveaxis(chain, 0, axis)

    return draw


def with_shared_size(axis: int) -> Noise:
    """Every two draws along an axis are uncorrelated, but large and small together."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        common = list(shape)
        common[axis] = 1
        radius = np.sqrt(-2 * np.log(1 - rng.random(common)))
        return radius * np.cos(2 * np.pi * rng.random(shape))

    return draw


def clipped(at: float) -> Noise:
    return lambda rng, shape: np.clip(normal(rng, shape), -at, at)


def cut_off(at: float) -> Noise:
    """Normal draws between two ends."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        return np.asarray(ndtri(rng.uniform(ndtr(-at), ndtr(at), shape)))

    return draw


def copied(sign: int) -> Noise:
    """The second half of each call's rows is the first again, times a sign."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        found = normal(rng, shape)
        half = shape[1] // 2
        found[:, half : 2 * half] = sign * found[:, :half]
        return found

    return draw


def last_is_first(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    found = normal(rng, shape)
    found[:, -1] = found[:, 0]
    return found


def last_is(value: float) -> Noise:
    """The last row of each call is not drawn."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        found = normal(rng, shape)
        found[:, -1] = value
        return found

    return draw


# ------------------------------------------------------------------ what a check gets to see


def reparam_draws(noise: np.ndarray) -> reparam.Draws:
    """Calls with the check's own question, in single precision like a candidate's."""
    z = (_MU + _SIGMA * noise).astype(np.float32).astype(np.float64)
    return reparam.draws_of(z, _MU, _LOGSIGMA)


def reparam_noise(draw: Noise, rng: Rng) -> np.ndarray:
    return draw(rng, (reparam.CALLS, *_MU.shape))


def steps_of(z: np.ndarray) -> np.ndarray:
    """Pixels that tell about latent variables ``[calls, samples, dimensions]``."""
    above = z[..., None] > THRESHOLDS
    return above.reshape(*z.shape[:2], -1).astype(np.float64)


def latent(draw: Noise, rng: Rng, sizes: Sizes = SMALL) -> np.ndarray:
    """Latent variables ``[calls, samples, dimensions]``, of as few samples as are asked for."""
    return draw(rng, (sample.CALLS, sample.LEAST, sizes.latent))


@dataclass(frozen=True)
class Pixels:
    """How pixels are drawn: from uniforms made of correlated normals, with probabilities moved."""

    noise: Noise = normal
    excess: float = 0.0

    def draw(self, rng: Rng, sizes: Sizes = SMALL, z: np.ndarray | None = None) -> Samples:
        """Two calls' pixels, for these latent variables or right ones."""
        z = latent(normal, rng, sizes) if z is None else z
        shape = (*z.shape[:2], sizes.obs - z.shape[2] * len(THRESHOLDS))
        bars = ndtri(np.resize(THETAS, shape[2]) + self.excess)
        constants = (self.noise(rng, shape) < bars).astype(np.float64)
        return Samples(np.concatenate((steps_of(z), constants), axis=-1), sizes.latent)


def noisy(samples: Samples, rng: Rng) -> Samples:
    """The same, but that masks of coins take pixels away."""
    return Samples(samples.pixels * rng.integers(0, 2, samples.pixels.shape), samples.latent)


# ------------------------------------------------------------------ checks as judges of noise


def lost_location(draw: Noise, rng: Rng) -> bool:
    return reparam.location_error(reparam_draws(reparam_noise(draw, rng))) is not None


def lost_scale(draw: Noise, rng: Rng) -> bool:
    return reparam.scale_error(reparam_draws(reparam_noise(draw, rng))) is not None


def lost_normal(draw: Noise, rng: Rng) -> bool:
    return reparam.normal_error(reparam_draws(reparam_noise(draw, rng))) is not None


def lost_independent(draw: Noise, rng: Rng) -> bool:
    return reparam.independence_error(reparam_draws(reparam_noise(draw, rng))) is not None


def lost_sampled(draw: Noise, rng: Rng) -> bool:
    return _lost_in_lots(elbo_noise.BATCHES, draw, rng)


def lost_sampled_singly(draw: Noise, rng: Rng) -> bool:
    return _lost_in_lots(elbo_noise.SINGLES, draw, rng)


def _lost_in_lots(lots: tuple[elbo_noise.Lot, ...], draw: Noise, rng: Rng) -> bool:
    """Whether noise ``[calls, rows, dimensions]`` is found wrong in any of the lots."""
    judged = [
        elbo_noise.is_standard(
            lot.line.summed(draw(rng, (lot.calls, lot.rows, lot.latent))), len(lots)
        )
        for lot in lots
    ]
    return not all(judged)


def lost_prior(draw: Noise, rng: Rng, sizes: Sizes = SMALL) -> bool:
    steps = steps_of(latent(draw, rng, sizes))
    constants = _right_samples(sizes).constants  # drawn once, for they take the longest
    samples = Samples(np.concatenate((steps, constants), axis=-1), sizes.latent)
    return sample_draws.prior_error(samples) is not None


@lru_cache(maxsize=2)
def _right_samples(sizes: Sizes) -> Samples:
    return Pixels().draw(np.random.default_rng(23), sizes)


def lost_noisy_prior(draw: Noise, rng: Rng, sizes: Sizes = SMALL) -> bool:
    samples = noisy(Pixels().draw(rng, sizes, latent(draw, rng, sizes)), rng)
    return sample_draws.prior_error(samples) is not None


def lost_bernoulli(pixels: Pixels, rng: Rng, sizes: Sizes = SMALL) -> bool:
    return sample_draws.bernoulli_error(pixels.draw(rng, sizes)) is not None


def noise_over_room(case: int, rng: Rng) -> float:
    """How much of the tolerance the noise uses in one of the cases where it should not matter."""
    model = elbo_models.cases(0)[case]
    bound = Bound()
    worst = 0.0
    for x in model.batches:
        shape = (len(x), model.sizes.latent)
        right = bound.value(model.weights, x, np.zeros(shape))
        moved = bound.value(model.weights, x, rng.standard_normal(shape)) - right
        worst = max(
            worst,
            float(np.max(np.abs(moved)) / np.max(np.abs(right))) / RELATIVE,
            float(abs(moved.mean()) / abs(right.mean())) / RELATIVE,
        )
    return worst
