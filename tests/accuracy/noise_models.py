"""Draws for the statistical checks: right ones, and ones that are a little wrong.

Each function makes arrays as a check's judging function gets them, without any candidate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from grader.kit.tolerance import RELATIVE
from grader.vae.elbo import models as elbo_models
from grader.vae.elbo import own_draws
from grader.vae.elbo.sum_model import SumModel
from grader.vae.expected import Bound
from grader.vae.fixtures import FULL as FULL_SIZE
from grader.vae.fixtures import as_single
from grader.vae.reparam.judging import Judgement, judge
from grader.vae.reparam.questions import Question, question
from grader.vae.reparam.wide import WideDraws
from grader.vae.sample import checks as sample
from grader.vae.sample import models as sample_models
from grader.vae.sample.latents import prior_error, wide_prior_error
from grader.vae.sample.models import THETAS, THRESHOLDS, Samples
from grader.vae.sample.pixels import bernoulli_error, wide_bernoulli_error
from grader.vae.sizes import Sizes

Rng = np.random.Generator
Noise = Callable[[Rng, tuple[int, ...]], np.ndarray]


SMALL, FULL = (question(0, full, 64, 1100) for full in (False, True))
"""What `sample_with_reparam` is asked, with as few draws as any class gets."""

WIDE = 150
"""Samples of the assignment's sizes, as few as any class is asked for."""

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


def bounded(by: float) -> Noise:
    """Moved to a bound where it lies beyond."""
    return lambda rng, shape: normal(rng, shape).clip(-by, by)


def truncated(by: float) -> Noise:
    """Drawn anew where it lies beyond a bound."""
    low, high = ndtr(-by), ndtr(by)
    return lambda rng, shape: ndtri(rng.uniform(low, high, shape))


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


def centred(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of a row add up to 0."""
    found = normal(rng, shape)
    return found - found.mean(-1, keepdims=True)


def on_a_sphere(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Rows have one length, that of normal draws on average."""
    found = normal(rng, shape)
    length = np.linalg.norm(found, axis=-1, keepdims=True)
    return found * np.sqrt(shape[-1]) / length


def rolled(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """The second half of each call's rows is the first with its dimensions moved on by one."""
    found = normal(rng, shape)
    half = shape[1] // 2
    found[:, half : 2 * half] = np.roll(found[:, :half], 1, axis=-1)
    return found


def partly_negated(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """The second half of each call's rows is the first, every other dimension with a minus."""
    found = normal(rng, shape)
    half = shape[1] // 2
    found[:, half : 2 * half] = found[:, :half] * np.resize((-1.0, 1.0), shape[-1])
    return found


def zero_from(index: int) -> Noise:
    """Nothing is drawn in the dimensions from one on."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        found = normal(rng, shape)
        found[..., index:] = 0
        return found

    return draw


def repeated_from(index: int) -> Noise:
    """Dimensions have the draws of those so many places earlier."""

    def draw(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
        found = normal(rng, shape)
        return found[..., np.arange(shape[-1]) % index]

    return draw


# ------------------------------------------------------------------ what a check gets to see


def judged(draw: Noise, rng: Rng, asked: Question = SMALL) -> Judgement:
    """Calls with the check's own question, in single precision like a candidate's."""
    mu, logsigma = (np.repeat(part, asked.repeats, axis=0) for part in (asked.mu, asked.logsigma))
    z = as_single(mu + np.exp(logsigma) * draw(rng, mu.shape))
    crowd, *wide = (
        as_single(mu + np.exp(logsigma) * draw(rng, (1, *mu.shape))[0])
        for mu, logsigma in (
            batch.values() for batch in (asked.batches[-1], *(asked.wide_batch,) * 2)
        )
    )
    return judge(asked, z, crowd, WideDraws(*wide))


def steps_of(z: np.ndarray) -> np.ndarray:
    """Pixels that tell about latent variables ``[calls, samples, dimensions]``."""
    above = z[..., None] > THRESHOLDS
    return above.reshape(*z.shape[:2], -1).astype(np.float64)


def latent(draw: Noise, rng: Rng, sizes: Sizes = sample_models.SMALL) -> np.ndarray:
    """Latent variables ``[calls, samples, dimensions]``, of as few samples as are asked for."""
    return draw(rng, (sample.CALLS, sample.LEAST, sizes.latent))


@dataclass(frozen=True)
class Pixels:
    """How pixels are drawn: from uniforms made of correlated normals, with probabilities moved."""

    noise: Noise = normal
    excess: float = 0.0

    def draw(
        self, rng: Rng, sizes: Sizes = sample_models.SMALL, z: np.ndarray | None = None
    ) -> Samples:
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


def lost_location(draw: Noise, rng: Rng, asked: Question = SMALL) -> bool:
    return judged(draw, rng, asked).location_error is not None


def lost_scale(draw: Noise, rng: Rng, asked: Question = SMALL) -> bool:
    return judged(draw, rng, asked).scale_error is not None


def lost_normal(draw: Noise, rng: Rng, asked: Question = SMALL) -> bool:
    return judged(draw, rng, asked).normal_error is not None


def lost_independent(draw: Noise, rng: Rng, asked: Question = SMALL) -> bool:
    return judged(draw, rng, asked).independence_error is not None


def lost_sampled(draw: Noise, rng: Rng) -> bool:
    return _lost_in_batches(own_draws.BATCHES, draw, rng)


def lost_sampled_singly(draw: Noise, rng: Rng) -> bool:
    return _lost_in_batches(own_draws.SINGLES, draw, rng)


def _lost_in_batches(batches: tuple[own_draws.Batch, ...], draw: Noise, rng: Rng) -> bool:
    """Whether noise ``[calls, rows, dimensions]`` is found wrong in any of the batches."""
    judged = [
        own_draws.is_right(
            batch,
            _summed(batch, draw(rng, (batch.calls, batch.rows, batch.latent))),
            len(batches) + 1,
        )
        for batch in batches
    ]
    return not all(judged)


def _summed(batch: own_draws.Batch, noise: np.ndarray) -> np.ndarray:
    """What ``noise [calls, rows, dimensions]`` adds up to in the dimensions that a row shows."""
    model = batch.model(full=False)
    if isinstance(model, SumModel):
        return model.summed(noise)
    shown = model.shown(batch.rows)
    return np.sum(noise * shown, axis=-1) / np.sqrt(shown.sum(-1))


def lost_prior(draw: Noise, rng: Rng, sizes: Sizes = sample_models.SMALL) -> bool:
    steps = steps_of(latent(draw, rng, sizes))
    constants = _right_samples(sizes).constants  # drawn once, for they take the longest
    samples = Samples(np.concatenate((steps, constants), axis=-1), sizes.latent)
    return prior_error(samples) is not None


@lru_cache(maxsize=2)
def _right_samples(sizes: Sizes) -> Samples:
    return Pixels().draw(np.random.default_rng(23), sizes)


def lost_noisy_prior(draw: Noise, rng: Rng, sizes: Sizes = sample_models.SMALL) -> bool:
    samples = noisy(Pixels().draw(rng, sizes, latent(draw, rng, sizes)), rng)
    return prior_error(samples) is not None


def lost_bernoulli(pixels: Pixels, rng: Rng, sizes: Sizes = sample_models.SMALL) -> bool:
    return bernoulli_error(pixels.draw(rng, sizes)) is not None


def lost_wide_prior(draw: Noise, rng: Rng) -> bool:
    """For as few samples of the assignment's sizes as any class is asked for."""
    steps = steps_of(draw(rng, (1, WIDE, FULL_SIZE.latent)))
    constants = _right_samples(FULL_SIZE).constants[:1, :WIDE]
    samples = Samples(np.concatenate((steps, constants), axis=-1), FULL_SIZE.latent)
    return wide_prior_error(samples) is not None


def lost_wide_bernoulli(pixels: Pixels, rng: Rng) -> bool:
    z = normal(rng, (1, WIDE, FULL_SIZE.latent))
    return wide_bernoulli_error(pixels.draw(rng, FULL_SIZE, z)) is not None


def noise_over_room(full: bool, rng: Rng) -> float:
    """How much of the tolerance the noise uses in the posterior where it should not matter."""
    model = elbo_models.models(0, full, 60).tiny
    bound = Bound()
    shape = (len(model.x), model.sizes.latent)
    right = bound.value(model.weights, model.x, np.zeros(shape))
    moved = bound.value(model.weights, model.x, rng.standard_normal(shape)) - right
    return max(
        float(np.max(np.abs(moved)) / np.max(np.abs(right))) / RELATIVE,
        float(abs(moved.mean()) / abs(right.mean())) / RELATIVE,
    )
