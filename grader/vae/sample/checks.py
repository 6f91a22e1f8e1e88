"""Task 6: new data from the model.

There are two calls for about a thousand samples of a small model whose pixels show what was drawn
(`models`), one for fewer of a model of the assignment's sizes, and one of a model in which no pixel
is sure; a method that gives few is called the oftener. How they are judged stands in `latents`,
`pixels` and `repeats`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, Steps, check, generator
from grader.kit.misconception import explained
from grader.kit.observation import Failure, Outcome, Value
from grader.kit.outputs import one_step_from, shape_fits, tensor, values, wrong_shape
from grader.kit.probe import Call, Probe
from grader.vae import fixtures
from grader.vae.sample import misconceptions as diagnosis
from grader.vae.sample.latents import prior_error, wide_prior_error
from grader.vae.sample.models import SMALL, Samples, elsewhere, unsure_weights, weights
from grader.vae.sample.pixels import (
    bernoulli_error,
    unsure_bernoulli_error,
    wide_bernoulli_error,
)
from grader.vae.sample.repeats import repeated
from grader.vae.sample.rows import ENOUGH
from grader.vae.sizes import Sizes
from grader.vae.stubs import make_stubs

METHOD = "sample"
CALLS = 2
LEAST, MOST = 1030, 1130
"""Samples in a call, between which nobody knows how many."""
_ROUNDED = 1e-6
"""A few roundings of numbers up to 1 in single precision."""


def sizes(exam: Exam) -> Sizes:
    """Return the units of the model that the class is examined in."""
    return fixtures.FULL if exam.setting.full else SMALL


@dataclass(frozen=True)
class _Calls:
    """Calls for samples of a model: one for each number but the last, for which there are more.

    Where the model is ``unsure``, no pixel has a probability near 0 or 1.
    """

    model: Sizes
    counts: tuple[int, ...]
    repeat: int = 1
    unsure: bool = False

    @property
    def shown(self) -> int:
        """How many latent dimensions its pixels show."""
        return 0 if self.unsure else self.model.latent


def _calls(exam: Exam, repeat: int = CALLS) -> _Calls:
    """Return calls for a few samples, for a few more, and for many, whose number nobody knows."""
    # Transforms of a number with small factors are quick.
    many = 10 * exam.rows(LEAST // 10, MOST // 10)
    return _Calls(sizes(exam), (1, 2, exam.rows(3, 127), many), repeat)


def _wide_call(exam: Exam) -> _Calls:
    """Return a call for samples of the assignment's sizes."""
    return _Calls(fixtures.FULL, (10 * exam.rows(15, 20),))


def _unsure_call(exam: Exam) -> _Calls:
    """Return a call for samples of a model in which no pixel is sure."""
    return _Calls(sizes(exam), (10 * exam.rows(15, 20),), unsure=True)


def _ask(exam: Exam, calls: _Calls) -> Steps[tuple[Outcome, ...]]:
    """Return what comes of calls, if need be of a model with no probability of 0 or 1.

    The other models are asked for at once, for they are wanted soon.
    """

    def probe(calls: _Calls, within: bool = False) -> Probe:
        return _probe(exam.seed, calls, exam.setting.stubbed, within)

    others = (() if exam.setting.full else (_wide_call(exam),)) + (_unsure_call(exam),)
    together = dict.fromkeys((calls, *others))
    outcomes: tuple[Outcome, ...] = (yield list(map(probe, together)))[0].outcomes
    if all(isinstance(outcome, Failure) for outcome in outcomes):
        # It may insist on probabilities that are neither 0 nor 1.
        again: tuple[Outcome, ...] = (yield probe(calls, within=True)).outcomes
        if not any(isinstance(outcome, Failure) for outcome in again):
            return again
    return outcomes


@lru_cache(maxsize=8)
def _probe(seed: int, calls: _Calls, stubbed: frozenset[str], within: bool) -> Probe:
    *few, many = (Call(METHOD, {"num_samples": count}) for count in calls.counts)
    how = "unsure" if calls.unsure else "within" if within else "sure"
    of_decoder, of_encoder = _weights(calls.model, "decoder" in stubbed, how)
    stubs = make_stubs(stubbed, _noise(seed)) if stubbed else None
    repeated_calls = (*few, replace(many, repeat=calls.repeat))
    return Probe(calls.model, of_decoder, repeated_calls, stubs, spare=of_encoder)


@lru_cache(maxsize=8)  # for all submissions of a course
def _weights(
    model: Sizes, any_decoder: bool, how: str
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return weights of the decoder, and of the encoder, which a class for this task may lack."""
    if how == "unsure":
        return unsure_weights(model), elsewhere(model)
    return weights(model, any_decoder, how == "within"), elsewhere(model)


@lru_cache(maxsize=1)
def _noise(seed: int) -> np.ndarray:
    return fixtures.normal(generator(seed, 6, 0), 2 * CALLS * MOST * fixtures.FULL.latent)


def _draw(exam: Exam) -> Steps[Samples]:
    """Return what calls give, of which there are more where each gives only a few samples.

    Raises:
        Lost: it can't be read as samples.
    """
    calls = _calls(exam)
    outcomes = yield from _ask(exam, calls)
    outcome = outcomes[-1]
    rows = exam.once(_shortest, outcome, calls)
    if rows < ENOUGH:
        half = -(-ENOUGH // rows)
        calls = replace(_with_fewest_asked(calls, outcomes, rows), repeat=CALLS * half)
        outcome = (yield from _ask(exam, calls))[-1]
    return exam.once(_samples, outcome, calls)


def _wide_error(exam: Exam, judge: Callable[[Samples], Lost | None]) -> Steps[Lost | None]:
    """Return what is wrong with samples of the assignment's sizes, unless all have these.

    Raises:
        Lost: they can't be read as samples.
    """
    if exam.setting.full:
        return None
    calls = _wide_call(exam)
    (outcome,) = yield from _ask(exam, calls)
    return judge(exam.once(_samples, outcome, calls, of="wide"))


def _unsure_error(exam: Exam) -> Steps[Lost | None]:
    """Return what is wrong with samples of a model in which no pixel is sure.

    Raises:
        Lost: they can't be read as samples.
    """
    calls = _unsure_call(exam)
    (outcome,) = yield from _ask(exam, calls)
    return unsure_bernoulli_error(exam.once(_samples, outcome, calls, of="unsure").as_coins)


def _shortest(outcome: Outcome, calls: _Calls) -> int:
    return len(_images(outcome, calls)[0])


def _with_fewest_asked(calls: _Calls, outcomes: Sequence[Outcome], rows: int) -> _Calls:
    """Return calls up to the first for more than one sample that gives as many rows as the last.

    Hundreds of calls for a thousand samples each, of which one comes back, are work for nothing.
    """
    for place in range(1, len(outcomes) - 1):
        fewer = replace(calls, counts=calls.counts[: place + 1])
        with suppress(Lost):
            if _shortest(outcomes[place], fewer) == rows:
                return fewer
    return calls


def _samples(outcome: Outcome, calls: _Calls) -> Samples:
    pixels = np.stack(_images(outcome, calls))
    if not np.all(np.isfinite(pixels)):
        raise Lost("x holds NaN or infinite numbers.")
    whole = np.round(pixels)
    # A sum of a draw and of what cancels out again is rounded.
    return Samples(np.where(np.abs(pixels - whole) < _ROUNDED, whole, pixels), calls.shown)


def _images(outcome: Outcome, calls: _Calls) -> list[np.ndarray]:
    """Return rows ``[rows, D]`` of each call, as many as the shortest has, and at least one."""
    count = calls.counts[-1]
    images = [_rows(value, count, calls.model) for value in values(outcome, METHOD)]
    rows = min(map(len, images))
    return [array[:rows] for array in images]


def _rows(value: Value, count: int, model: Sizes) -> np.ndarray:
    """Return rows ``[rows, D]``; the check of the shape judges how many, and how they are arranged.

    Raises:
        Lost: there are none.
    """
    array = _numbers(value, count, model)
    if array.shape == (model.obs, count):
        return array.T
    trailing = {int(np.prod(array.shape[axis:])) for axis in range(array.ndim)}
    if array.size and (model.obs in trailing or array.size == count * model.obs):
        return array.reshape(-1, model.obs)
    lost = wrong_shape("x", (count, model.obs), array.shape)
    raise explained(lost, diagnosis.CATALOGUE, diagnosis.of_shapes((count,), (array.shape,), model))


def _numbers(value: Value, count: int, model: Sizes) -> np.ndarray:
    """Return what a tensor, or something that is one step from it, holds."""
    images = [item.array for item in value.items if item.array is not None]
    if images and len(images) == len(value.items) == count:
        return np.stack([image.reshape(model.obs) for image in images])
    if value.items:
        value = value.items[0]
    return one_step_from(value, "x", () if value.array is None else value.array.shape)


@check("sample.shape", "The docstring says what comes back: a row for each sample.")
def shape(exam: Exam) -> Steps[None]:
    """A tensor of shape [num_samples, obs_dim]"""
    calls = _calls(exam)
    _require_shape(calls, (yield from _ask(exam, calls)))
    if not exam.setting.full:
        wide = _wide_call(exam)
        _require_shape(wide, (yield from _ask(exam, wide)))


def _require_shape(calls: _Calls, outcomes: Sequence[Outcome]) -> None:
    """Require a row for each sample.

    Raises:
        Lost: there is not.
    """
    shapes = [tensor(values(outcome, METHOD)[0], "x").shape for outcome in outcomes]
    for count, shape in zip(calls.counts, shapes, strict=True):
        wanted = (count, calls.model.obs)
        if not shape_fits(shape, wanted):
            lost = wrong_shape(f"sample({count})", wanted, shape)
            names = diagnosis.of_shapes(calls.counts, shapes, calls.model)
            raise explained(lost, diagnosis.CATALOGUE, names)


@check("sample.binary", "The decoder gives probabilities. What are the data made of?")
def binary(exam: Exam) -> Steps[None]:
    """Every pixel is 0 or 1"""
    samples = yield from _draw(exam)
    if not samples.binary:
        other = samples.pixels[(samples.pixels != 0) & (samples.pixels != 1)]
        lost = Lost(f"x holds other numbers than 0 and 1, for example {other.flat[0]:.3g}.")
        raise explained(lost, diagnosis.CATALOGUE, diagnosis.of_pixels(samples))


@check(
    "sample.prior",
    "Before any data is seen, which distribution does z have, and how many draws are needed?",
)
def prior(exam: Exam) -> Steps[None]:
    """The latent variables are drawn from N(0, I), afresh for each sample"""
    samples = yield from _draw(exam)
    error = prior_error(samples) or (yield from _wide_error(exam, wide_prior_error))
    if error is not None:
        raise explained(error, diagnosis.CATALOGUE, diagnosis.of_latents(samples))


@check(
    "sample.bernoulli",
    "Given theta, how does a pixel become 0 or 1, and which pixels share that draw?",
)
def bernoulli(exam: Exam) -> Steps[None]:
    """Pixels are Bernoulli draws with probability theta, independent of each other"""
    samples = (yield from _draw(exam)).as_coins
    error = (
        bernoulli_error(samples)
        or (yield from _wide_error(exam, lambda wide: wide_bernoulli_error(wide.as_coins)))
        or (yield from _unsure_error(exam))
    )
    if error is not None:
        raise explained(error, diagnosis.CATALOGUE, diagnosis.of_pixels(samples))


@check("sample.fresh", "Two calls should give different data. Is a seed set, or something stored?")
def fresh(exam: Exam) -> Steps[None]:
    """Every call draws anew"""
    again = repeated((yield from _draw(exam)))
    if again is not None:
        raise explained(Lost(again), diagnosis.CATALOGUE, ("fixed_seed",))


CHECKS = (shape, binary, prior, bernoulli, fresh)
