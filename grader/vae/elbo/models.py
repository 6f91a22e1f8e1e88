"""The models that the ELBO is examined in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.kit import outputs
from grader.kit.check import Exam, generator
from grader.kit.observation import Outcome, Value
from grader.kit.probe import Call, Probe
from grader.vae import expected, fixtures
from grader.vae.elbo.dimension_model import DimensionModel
from grader.vae.elbo.sum_model import SumModel
from grader.vae.expected import Weights
from grader.vae.sizes import Sizes
from grader.vae.stubs import bounds, make_stubs

METHOD, NAME = "elbo", "The ELBO"
DRAW = "sample_with_reparam"
_SMALL, _SURE = Sizes(9, 3, 8), Sizes(64, 3, 8)
_TINY = -9.0
"""Log-std at which the noise moves a bound by less than the tolerance."""
_GENTLE = 0.05
"""Of the decoder's usual slope in z: a log-std that is half of what it should be, another check's
matter, moves the bound by no more."""
_MILD = -5.0
"""The same for a divergence that holds a small constant, or rounds, and is another at `_TINY`."""
_UNLIKELY = 3.0
"""Size of the log-odds of pixels that are as often 0 as 1: every other one has a likelihood that
shows whether it is cut off."""
_VERY_UNLIKELY, _FEW_PIXELS = 4.5, 4
"""The same for few pixels of the assignment's image, to which a small constant inside the logarithm
may still be added."""
_PERIOD, _FULL_PERIOD = 6, 8
"""Rows after which a batch repeats itself, so that its average is the same for all classes; at the
assignment's own sizes a batch of 128 is one of these."""
_SURE_LOGIT = 9.0
"""Log-odds of a pixel of which a trained model is sure."""


def numbers(outcome: Outcome) -> np.ndarray:
    """Return the bounds that came of a call, after one more step if need be."""
    return outputs.numbers(outcome, METHOD, NAME)


def of_value(value: Value) -> np.ndarray:
    """Return the bounds that a call has returned, after one more step if need be."""
    return outputs.tensor(outputs.as_tensor(value), NAME)


@dataclass(frozen=True, eq=False)
class Model:
    """A model and a batch ``x [rows, obs]`` for it."""

    sizes: Sizes
    weights: Weights
    x: np.ndarray

    @property
    def call(self) -> Call:
        """The call that returns the bounds of the batch."""
        return Call(METHOD, {"x": self.x}, keep=True)


@dataclass(frozen=True)
class Models:
    """What the bound's value is asked in.

    The decoder of the first three ignores z. ``other_pixels`` differs from ``base`` in the
    decoder alone, ``other_posterior`` in the encoder's heads alone.

    Attributes:
        base: log standard deviations of either sign.
        other_pixels: pixels that are often unlikely.
        other_posterior: log standard deviations that are all positive.
        tiny: a posterior so narrow that z is its mean.
        mild: one that is less so, behind a decoder to which z matters less.
        sure: a posterior that is the prior, and pixels that are nearly certain.
        assignment: as ``base``, at the assignment's own sizes, and few pixels very unlikely.
    """

    base: Model
    other_pixels: Model
    other_posterior: Model
    tiny: Model
    mild: Model
    sure: Model
    assignment: Model


@lru_cache(maxsize=4)
def models(seed: int, full: bool, rows: int) -> Models:
    """Return models at small sizes or the assignment's own, with batches of about so many rows.

    Nothing but the number of rows depends on it, nor does the average over a batch ``x``.
    """
    small = fixtures.FULL if full else _SMALL
    rng = generator(seed, 5, 0)
    base = blind(seed, full)
    other_pixels = _with_log_odds(base, _UNLIKELY * rng.choice((-1.0, 1.0), small.obs))
    other_posterior = {
        **base,
        "linear21.weight": -base["linear21.weight"],
        "linear21.bias": fixtures.as_single(2 + np.abs(rng.standard_normal(small.latent))),
        "linear22.weight": fixtures.as_single(0.02 * base["linear22.weight"]),
        "linear22.bias": fixtures.as_single(rng.uniform(0.3, 0.5, small.latent)),
    }
    period = _FULL_PERIOD if full else _PERIOD
    few = fixtures.binary_rows(rng, period, small)
    x = np.resize(few, (-(-rows // period) * period, small.obs))
    of_narrow = fixtures.binary_rows(rng, rows, small)
    return Models(
        Model(small, base, x),
        Model(small, other_pixels, x),
        Model(small, other_posterior, x),
        Model(small, _narrow(seed, small), of_narrow),
        Model(small, _mild(seed, small), of_narrow),
        _certain(seed, fixtures.FULL if full else _SURE),
        _assignment(seed),
    )


@lru_cache(maxsize=4)
def blind(seed: int, full: bool) -> Weights:
    """Return weights with which the decoder ignores z; log standard deviations of either sign."""
    sizes = fixtures.FULL if full else _SMALL
    rng = generator(seed, 5, 1)
    weights = fixtures.random_weights(rng, sizes)
    weights["linear3.weight"] = np.zeros_like(weights["linear3.weight"])
    weights["linear22.bias"] = fixtures.as_single(0.6 * rng.standard_normal(sizes.latent))
    return weights


@lru_cache(maxsize=4)
def _narrow(seed: int, sizes: Sizes) -> Weights:
    weights = fixtures.random_weights(generator(seed, 5, 2), sizes)
    weights["linear3.weight"] = fixtures.as_single(_GENTLE * weights["linear3.weight"])
    weights["linear22.weight"] = fixtures.as_single(0.1 * weights["linear22.weight"])
    weights["linear22.bias"] = np.full(sizes.latent, _TINY)
    return weights


@lru_cache(maxsize=4)
def _mild(seed: int, sizes: Sizes) -> Weights:
    weights = dict(_narrow(seed, sizes))
    weights["linear3.weight"] = fixtures.as_single(0.4 * weights["linear3.weight"])
    weights["linear21.weight"] = fixtures.as_single(3 * weights["linear21.weight"])
    weights["linear22.bias"] = np.full(sizes.latent, _MILD)
    return weights


@lru_cache(maxsize=2)  # one for all submissions of a course
def _assignment(seed: int) -> Model:
    rng = generator(seed, 5, 3)
    x = fixtures.binary_rows(rng, 128, fixtures.FULL)
    weights = blind(seed, full=True)
    log_odds = _log_odds(weights)
    log_odds[:_FEW_PIXELS] = _VERY_UNLIKELY * rng.choice((-1.0, 1.0), _FEW_PIXELS)
    return Model(fixtures.FULL, _with_log_odds(weights, log_odds), x)


def _log_odds(blind: Weights) -> np.ndarray:
    """Return the log-odds ``[obs]`` of the pixels where the decoder ignores z."""
    return expected.logits(blind, np.zeros((1, blind["linear3.weight"].shape[1])))[0]


def _with_log_odds(blind: Weights, log_odds: np.ndarray) -> Weights:
    """Return the same model with these log-odds ``[obs]`` of the pixels."""
    bias = blind["linear4.bias"] + log_odds - _log_odds(blind)
    return {**blind, "linear4.bias": fixtures.as_single(bias)}


def _certain(seed: int, sizes: Sizes) -> Model:
    weights = fixtures.zeros(sizes)
    pixels = generator(seed, 5, 4).random((sizes.obs,)) < 0.5
    weights["linear4.bias"] = np.where(pixels, _SURE_LOGIT, -_SURE_LOGIT)
    return Model(sizes, weights, np.tile(1.0 * pixels, (6, 1)))


@lru_cache(maxsize=4)
def noisy(seed: int, full: bool, rows: int) -> Model:
    """Return a model in which the noise matters much."""
    sizes = fixtures.FULL if full else _SMALL
    rng = generator(seed, 5, 6)
    weights = fixtures.random_weights(rng, sizes)
    weights["linear22.weight"] = fixtures.as_single(0.3 * weights["linear22.weight"])
    weights["linear22.bias"] = np.full(sizes.latent, -0.5)
    # Of many pixels each says little about z, or the divergence would not count beside them.
    scale = fixtures.as_single(np.sqrt(_SMALL.obs / sizes.obs))
    weights["linear3.weight"] = fixtures.as_single(scale * weights["linear3.weight"])
    return Model(sizes, weights, fixtures.binary_rows(rng, rows, sizes))


@lru_cache(maxsize=4)  # one for all submissions of a course
def table(seed: int, draws: int = 8192) -> np.ndarray:
    """Return the noise that stubs draw from."""
    return fixtures.normal(generator(seed, 5, 9), draws)


def stubbed(exam: Exam, *more: str) -> frozenset[str]:
    """Return the helpers that have stubs in an exam's setting, and these if they are not broken."""
    return exam.setting.stubbed | (frozenset(more) - exam.setting.unstubbed)


def question(
    seed: int,
    model: Model | SumModel | DimensionModel,
    calls: Sequence[Call],
    helpers: frozenset[str],
    noise: np.ndarray | None = None,
) -> Probe:
    """Return a question in which these ``helpers`` have stubs, which draw ``noise`` in order."""
    weights = model.weights
    if not helpers:
        return Probe(model.sizes, weights, tuple(calls))
    noise = table(seed) if noise is None else noise
    return Probe(model.sizes, weights, tuple(calls), make_stubs(helpers, noise))


@lru_cache(maxsize=32)  # one for all submissions of a course
def batch_probe(seed: int, model: Model, helpers: frozenset[str]) -> Probe:
    """Return the question for a model's batch."""
    return question(seed, model, (model.call,), helpers)


def drawn(seed: int, rows: int, latent: int) -> np.ndarray:
    """Return the noise ``[rows, latent]`` that the first call of a stub gives."""
    return np.resize(table(seed), rows * latent).reshape(rows, latent)


@lru_cache(maxsize=16)
def right_values(model: Model, helpers: frozenset[str]) -> list[np.ndarray]:
    """Return what may be right for a model's batch, where the noise makes no difference."""
    nothing = np.zeros((len(model.x), model.sizes.latent))
    return [bound.value(model.weights, model.x, nothing) for bound in bounds(helpers)]
