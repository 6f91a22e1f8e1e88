"""Task 3: the decoder, from latent variables to the likelihood's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import logit

from grader.kit.batches import Network
from grader.kit.check import Evidence, Exam, Lost, NotReached, Steps, check
from grader.kit.misconception import explained
from grader.kit.observation import Outcome
from grader.kit.outputs import (
    gradients,
    one_step_from,
    require_untouched,
    tensor_of_shape,
    values,
)
from grader.kit.tolerance import close, close_in_most_rows, difference
from grader.vae import expected, fixtures
from grader.vae.decoder import misconceptions as diagnosis
from grader.vae.network_questions import Examined
from grader.vae.networks import (
    Model,
    is_function_by_column,
    is_function_of,
    judge_gradient,
)
from grader.vae.sizes import Sizes

METHOD = "decoder"
_SIZES, _SQUARE = Sizes(11, 3, 7), Sizes(6, 4, 6)
_SURE = 9.0
"""Log-odds of a pixel of which a trained model is sure."""
_VERY_SURE = 1e4
"""So much that hardly any hidden layer makes little of it."""
_OF_A_SURE_PIXEL = 8e-4
"""Room for theta there: rounding, or a small constant against the logarithm of zero."""


def _theta(outcome: Outcome, rows: int, sizes: Sizes) -> np.ndarray:
    """theta ``[rows, obs]``, after one more step if need be."""
    return one_step_from(values(outcome, METHOD)[0], "theta", (rows, sizes.obs))


_NETWORK = Network(
    METHOD,
    "z",
    ("theta",),
    lambda outcome, rows, sizes: (_theta(outcome, rows, sizes),),
    lambda weights, z: (expected.decoder(weights, z),),
)


_EXAMINED = Examined(
    3,
    _NETWORK,
    "linear3",
    ("linear4",),
    _SIZES,
    _SQUARE,
    lambda rng, rows, sizes: fixtures.normal(rng, rows, sizes.latent),
    lambda sizes: sizes.obs,
    ("z",),
)


def _ask(exam: Exam, models: Sequence[Model]) -> Steps[list[np.ndarray]]:
    return [theta for (theta,) in (yield from _EXAMINED.ask(exam, models))]


@lru_cache(maxsize=2)
def _shown_and_mixed(seed: int, sizes: Sizes) -> tuple[Model, Model]:
    """A model whose theta shows the hidden units, whatever they are, and one with random weights.

    They differ in the last layer alone.
    """
    mixed = _EXAMINED.model(seed, 3, sizes, 32)
    return mixed.showing("linear4"), mixed


def _diagnose(exam: Exam) -> Steps[diagnosis.Diagnosis]:
    _, mixed = _shown_and_mixed(exam.seed, _EXAMINED.sizes(exam))
    return diagnosis.diagnose(mixed.weights, mixed.inputs, (yield from _ask(exam, (mixed,)))[0])


@check(
    "decoder.shape", "The docstring says what comes back: a tensor with a row for each row of z."
)
def shape(exam: Exam) -> Steps[Evidence | None]:
    """A tensor theta of shape [batch_size, obs_dim], z stays as it is"""
    asked = yield from _EXAMINED.ask_batches(exam)
    # How many rows there may be has a check of its own.
    for z, outcome in list(zip(asked.batches, asked.outcomes, strict=True))[:-1]:
        value = values(outcome, METHOD)[0]
        tensor_of_shape(value, "theta", (len(z), asked.point.sizes.obs), exactly=True)
        require_untouched(outcome, {"z": z}, ("theta",))
    return None


@check(
    "decoder.rows",
    "Each z leads to a theta of its own. Which of your steps lets rows of a batch meet, or counts "
    "on the size of a batch?",
)
def rows(exam: Exam) -> Steps[Evidence | None]:
    """Every row has its own theta, in batches of any size"""
    error = yield from _rows_error(exam)
    if error is not None:
        raise error
    return None


def _rows_error(exam: Exam) -> Steps[Lost | None]:
    return (yield from _EXAMINED.rows_error(exam, _EXAMINED.draw))


@check("decoder.hidden", "What stands between the decoder's two linear layers in the diagram?")
def hidden(exam: Exam) -> Steps[Evidence | None]:
    """The hidden layer is the ReLU of linear3"""
    try:
        yield from _judge_hidden(exam)
    except Lost as lost:
        raise explained(lost, (yield from _diagnose(exam)).hidden) from None
    return None


def _judge_hidden(exam: Exam) -> Steps[None]:
    shown, _ = _shown_and_mixed(exam.seed, _EXAMINED.sizes(exam))
    large, factor = _EXAMINED.large(exam)
    full = _EXAMINED.full(exam.seed)
    logits = expected.logits(full.weights, full.inputs)
    *units, came = yield from _ask(exam, (shown, large, full))
    rows_are_right, output_is_right = (
        (yield from _rows_error(exam)) is None,
        (yield from _output_error(exam)) is None,
    )
    same = close if rows_are_right else close_in_most_rows
    for model, theta, scale in ((shown, units[0], 1.0), (large, units[1], factor)):
        before = model.shown("linear4", _EXAMINED.before_hidden(model))
        right = np.maximum(before, 0) / scale
        if same(theta, expected.expit(right)):
            continue
        if not output_is_right and (yield from _EXAMINED.is_behind_relu(exam)):
            return  # whatever is made of it then
        if not rows_are_right:
            raise NotReached("Rows get mixed up, so the hidden layer can't be seen.")
        if output_is_right or not is_function_of(theta, right):
            raise Lost("The hidden layer behind theta is not relu(linear3(z)).")
    # At the assignment's own sizes everything fits, but for what other checks charge.
    if rows_are_right and not is_function_by_column(came, logits):
        sentence, evidence = difference(came, expected.expit(logits))
        raise Lost(f"theta is wrong for random weights: {sentence}.", evidence=evidence)


@check(
    "decoder.output",
    "theta holds probabilities. Which function turns a real number into one? How often is it "
    "applied?",
)
def output(exam: Exam) -> Steps[Evidence | None]:
    """theta is the sigmoid of linear4, between 0 and 1"""
    error = yield from _output_error(exam)
    if error is not None:
        raise explained(error, (yield from _diagnose(exam)).output)
    return None


def _output_error(exam: Exam) -> Steps[Lost | None]:
    """What is wrong with theta, given whatever the hidden units are."""
    models = _shown_and_mixed(exam.seed, _EXAMINED.sizes(exam))
    theta, actual = yield from _ask(exam, models)
    for part in (theta, actual):
        if not np.all((part > 0) & (part < 1)):
            outside = int(np.sum(~((part > 0) & (part < 1))))
            return Lost(
                f"{outside} of {part.size} numbers in theta are not between 0 and 1.",
                evidence={"outside": outside},
            )
    # With random weights it must be the sigmoid of the same units' linear function.
    mixed = models[1]
    units = mixed.hidden_of("linear4", logit(theta))
    right = expected.expit(expected.linear(mixed.weights, "linear4", units))
    same = close if (yield from _rows_error(exam)) is None else close_in_most_rows
    if same(actual, right, 1e-3) and np.any(np.ptp(theta, axis=0)):
        return None
    sentence, evidence = difference(actual, right)
    return Lost(f"theta is not sigmoid(linear4(hidden)): {sentence}.", evidence=evidence)


@check(
    "decoder.sure_pixels",
    "A trained model is sure of most pixels. How close to 0 and 1 may theta come, and what keeps "
    "yours away?",
)
def sure_pixels(exam: Exam) -> Steps[Evidence | None]:
    """theta comes as close to 0 and 1 as the sigmoid does"""
    near, far = (
        _sure(exam.seed, _EXAMINED.sizes(exam), log_odds) for log_odds in (_SURE, _VERY_SURE)
    )
    (theta,) = yield from _ask(exam, (near,))
    right = float(expected.expit(-_SURE))
    low, high = theta[:, ::2], theta[:, 1::2]
    if _is_near(low, right) and _is_near(high, 1 - right):
        return None
    # Behind a wrong hidden layer or in wrong rows, other checks' matter, linear4 may give less.
    if (yield from _rows_error(exam)) is not None or not (yield from _hidden_is_right(exam)):
        (theta,) = yield from _ask(exam, (far,))
        if any(_is_near(row[::2], 0.0) and _is_near(row[1::2], 1.0) for row in theta):
            return None
    came = float(low.mean()), float(high.mean())
    raise Lost(
        f"Where linear4 gives {-_SURE:g} and {_SURE:g}, theta should be {right:.2g} and "
        f"{1 - right:.5g}, and is {came[0]:.2g} and {came[1]:.5g}.",
        evidence={"expected": [right, 1 - right], "actual": list(came)},
    )


def _is_near(theta: np.ndarray, right: float) -> bool:
    return bool(np.all(np.abs(theta - right) < _OF_A_SURE_PIXEL))


def _hidden_is_right(exam: Exam) -> Steps[bool]:
    try:
        yield from _judge_hidden(exam)
    except (Lost, NotReached):
        return False
    return True


@lru_cache(maxsize=4)
def _sure(seed: int, sizes: Sizes, log_odds: float) -> Model:
    """A model that is as sure of every pixel, of every other one that it is 0; without biases."""
    weights = {
        name: np.zeros_like(w) for name, w in _EXAMINED.model(seed, 7, sizes, 4).weights.items()
    }
    signs = np.where(np.arange(sizes.obs) % 2 == 0, -1.0, 1.0)
    weights["linear3.weight"] += 1 / sizes.latent
    weights["linear4.weight"] += signs[:, None] * log_odds / sizes.hidden
    rows = np.arange(1.0, 5.0) if log_odds == _VERY_SURE else np.ones(4)
    return Model(sizes, weights, np.tile(rows[:, None], sizes.latent))


@check("decoder.gradient", "Is every step computed by torch, without detach, .data or no_grad?")
def gradient(exam: Exam) -> Steps[Evidence | None]:
    """Gradients reach the decoder's layers and z"""
    asked = yield from _EXAMINED.ask_batches(exam)
    weights, z, outer = asked.point.weights, asked.point.arguments["z"], asked.point.cotangents[0]
    found = gradients(asked.of_point, METHOD)
    theta = expected.decoder(weights, z)
    right = expected.decoder_gradients(weights, z, outer * theta * (1 - theta))
    try:
        yield from judge_gradient(exam, asked.point, found, right)
    except Lost as lost:
        names = [name for name in right if not name.endswith("bias")]
        raise explained(
            lost, (yield from _diagnose(exam)).gradient({n: found[n] for n in names})
        ) from None
    return None


CHECKS = (shape, rows, hidden, output, sure_pixels, gradient)
