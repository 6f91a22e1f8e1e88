"""The batches that a diagnosis asks about, all at once.

The decoder ignores z in most of them. Two that differ in the decoder alone show the likelihood,
whatever is made of the divergence; two that differ in the posterior alone show the divergence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from grader.kit.check import generator
from grader.kit.probe import Call, Probe
from grader.vae import fixtures
from grader.vae.elbo.dimension_model import WIDE
from grader.vae.elbo.models import METHOD, Model, blind, noisy, table
from grader.vae.expected import Weights
from grader.vae.sizes import Sizes
from grader.vae.stubs import HELPERS, make_stubs

ROWS = 16
_FAR = 9.0
"""Log-odds of the pixels that a model is surest of."""
_MIDDLING = 3.0
_OTHER = Sizes(12, 5, 6)
ESSENTIAL = ("base", "pixels", "more_pixels", "other_pixels", "posterior", "prior", "noisy")
"""Questions without whose answers nothing can be said."""
ALONE = (0, 1, ROWS - 1)
"""Rows of a batch that are put alone as well."""


@dataclass(frozen=True, eq=False)
class Question:
    """Batches put to one model, one call each."""

    batches: tuple[Model, ...]
    table: np.ndarray
    probe: Probe


@dataclass(frozen=True, eq=False)
class Questions:
    """All that is asked.

    Attributes:
        base: the decoder ignores z.
        pixels, more_pixels, other_pixels: as ``base``, with other decoders.
        posterior: as ``base``, with another posterior.
        prior: as ``base``, with a posterior that is the prior.
        sizes: other sizes of the model.
        noisy: the decoder does not ignore z; the gradient is asked for.
        wide, wide_too: as many latent dimensions as the assignment has, and two posteriors.
        later: ``base``, then another batch, then ``base`` again.
        fresh: that other batch, put to a fresh model.
        alone: rows of ``base``, each alone.
    """

    base: Question
    pixels: Question
    more_pixels: Question
    other_pixels: Question
    posterior: Question
    prior: Question
    sizes: Question
    noisy: Question
    wide: Question
    wide_too: Question
    later: Question
    fresh: Question
    alone: Question


@lru_cache(maxsize=2)  # one for all submissions of a course
def questions(seed: int, full: bool, customs: frozenset[str] = frozenset()) -> Questions:
    """Return the questions, in small models or in the assignment's own, to stubs with customs."""
    blind_models = _blind_models(seed, full)
    base, x = blind_models[0], blind_models[0].x
    other = Model(base.sizes, base.weights, 1.0 - np.roll(x, 5, axis=0))
    rows = [Model(base.sizes, base.weights, x[n : n + 1]) for n in ALONE]
    whole = table(seed)
    # Noise that begins anew with each batch, so that batches in turn differ by what is kept.
    again = whole[: ROWS * base.sizes.latent]
    ask = partial(_question, frozenset(HELPERS) | customs)
    asked = [ask(whole, model) for model in (*blind_models, _other_model(seed, full))]
    asked.append(ask(whole, noisy(seed, full, ROWS), outer=cotangent(seed)))
    asked += [ask(whole, model) for model in _wide_models(seed, full)]
    asked += [ask(again, *batches) for batches in ((base, other, base), (other,), rows)]
    return Questions(*asked)


def cotangent(seed: int) -> np.ndarray:
    """Return what the bounds are weighted with where a gradient is asked for, ``[B]``."""
    return fixtures.normal(generator(seed, 5, 21), ROWS)


def _question(
    stubbed: frozenset[str], noise: np.ndarray, *batches: Model, outer: np.ndarray | None = None
) -> Question:
    cotangents = None if outer is None else (outer,)
    calls = tuple(
        Call(METHOD, {"x": model.x}, cotangents, keep=True, heard=True) for model in batches
    )
    stubs = make_stubs(stubbed, noise)
    probe = Probe(batches[0].sizes, batches[0].weights, calls, stubs)
    return Question(batches, noise, probe)


def _blind_models(seed: int, full: bool) -> tuple[Model, ...]:
    weights = dict(blind(seed, full))
    # Divergences that are small in some rows and large in others show what is cut off.
    weights["linear21.weight"] = fixtures.as_single(2.5 * weights["linear21.weight"])
    latent, obs = weights["linear3.weight"].shape[1], len(weights["linear4.bias"])
    sizes = Sizes(obs, latent, len(weights["linear1.bias"]))
    rng = generator(seed, 5, 20)
    x = fixtures.binary_rows(rng, ROWS, sizes)
    nothing = {**weights, "linear4.weight": np.zeros_like(weights["linear4.weight"])}
    decoders = [
        {**nothing, "linear4.bias": fixtures.as_single(rng.permutation(log_odds))}
        for log_odds in (
            np.linspace(-_FAR, _FAR, obs),
            np.linspace(-1.0, _MIDDLING, obs),
            np.linspace(-_MIDDLING, 0.5, obs) ** 3 / 9,
        )
    ]
    fresh = fixtures.random_weights(rng, sizes)
    posterior = {
        **weights,
        "linear21.weight": fixtures.as_single(0.8 * fresh["linear21.weight"]),
        "linear22.weight": fixtures.as_single(0.3 * fresh["linear22.weight"]),
        "linear21.bias": fixtures.as_single(0.3 * fresh["linear21.bias"]),
        "linear22.bias": fixtures.as_single(0.3 * fresh["linear22.bias"]),
    }
    heads = ("linear21", "linear22")
    prior = {n: 0 * w if n.startswith(heads) else w for n, w in weights.items()}
    return tuple(Model(sizes, made, x) for made in (weights, *decoders, posterior, prior))


def _wide_models(seed: int, full: bool) -> list[Model]:
    """Return two models with another posterior, and with all latent dimensions."""
    sizes = fixtures.FULL if full else Sizes(9, WIDE, 6)
    rng = generator(seed, 5, 23)
    x = fixtures.binary_rows(rng, ROWS, sizes)
    models = []
    for _ in range(2):
        weights = fixtures.random_weights(rng, sizes)
        weights["linear22.weight"] = fixtures.as_single(0.3 * weights["linear22.weight"])
        models.append(Model(sizes, weights, x))
    return models


def _other_model(seed: int, full: bool) -> Model:
    """Return a model of other sizes whose decoder ignores z; the same ones where they are fixed."""
    sizes = fixtures.FULL if full else _OTHER
    rng = generator(seed, 5, 22)
    weights: Weights = fixtures.random_weights(rng, sizes)
    weights = {**weights, "linear3.weight": np.zeros_like(weights["linear3.weight"])}
    return Model(sizes, weights, fixtures.binary_rows(rng, ROWS, sizes))
