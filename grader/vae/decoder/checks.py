"""Task 3: the decoder, from latent variables to the likelihood's parameters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import logit

from grader.kit.check import Exam, Lost, NotReached, Steps, check
from grader.kit.tolerance import difference
from grader.vae import expected, network_checks
from grader.vae.decoder.network import NETWORK
from grader.vae.network_task import model_of
from grader.vae.networks import Model
from grader.vae.sizes import Sizes
from grader.vae.stubs import LOG_ODDS

_SURE = 9.0
"""Log-odds of a pixel of which a trained model is sure."""
_VERY_SURE = 1e4
"""So much that hardly any hidden layer makes little of it."""
_OF_A_SURE_PIXEL = 8e-4
"""Room for theta there: rounding, or a small constant against the logarithm of zero."""


@check(
    "decoder.shape", "The docstring says what comes back: a tensor with a row for each row of z."
)
def shape(exam: Exam) -> Steps[None]:
    """A tensor theta of shape [batch_size, obs_dim], z stays as it is"""
    yield from network_checks.judge_shape(exam, NETWORK)


@check(
    "decoder.rows",
    "Each z leads to a theta of its own. Which of your steps lets rows of a batch meet, or counts "
    "on the size of a batch?",
)
def rows(exam: Exam) -> Steps[None]:
    """Every row has its own theta, in batches of any size"""
    yield from network_checks.judge_rows(exam, NETWORK)


@check("decoder.hidden", "What stands between the decoder's two linear layers in the diagram?")
def hidden(exam: Exam) -> Steps[None]:
    """The hidden layer is the ReLU of linear3"""
    yield from network_checks.judge_hidden(exam, NETWORK, _output_error)


@check(
    "decoder.output",
    "theta holds probabilities. Which function turns a real number into one? How often is it "
    "applied?",
)
def output(exam: Exam) -> Steps[None]:
    """theta is the sigmoid of linear4, between 0 and 1"""
    error = yield from _output_error(exam)
    if error is not None:
        raise error


def _output_error(exam: Exam, _: int = 0) -> Steps[Lost | None]:
    """Return what is wrong with theta, given whatever the hidden units are, or None."""
    models = NETWORK.showing(exam)
    (theta,), (actual,) = yield from NETWORK.ask(exam, models)
    for part in (theta, actual):
        outside = int(np.sum(~((part > 0) & (part < 1))))
        if outside:
            beyond = np.any((part < 0) | (part > 1))
            return Lost(
                f"{outside} of {part.size} numbers in theta are not between 0 and 1.",
                evidence={"outside": outside, **({"custom": LOG_ODDS} if beyond else {})},
            )
    # With random weights it must be the sigmoid of the same units' linear function.
    mixed = models[1]
    units = mixed.hidden_of("linear4", logit(theta))
    right = expected.expit(expected.linear(mixed.weights, "linear4", units))
    same = yield from network_checks.closeness(exam, NETWORK)
    if same(actual, right, 1e-3) and np.any(np.ptp(theta, axis=0)):
        return None
    if same(actual, right, 1e-3):
        return Lost("Every row of a batch has the same theta.")
    sentence, evidence = difference(actual, right)
    return Lost(f"theta is not sigmoid(linear4(hidden)): {sentence}.", evidence=evidence)


@check(
    "decoder.sure_pixels",
    "A trained model is sure of most pixels. How close to 0 and 1 may theta come, and what keeps "
    "yours away?",
)
def sure_pixels(exam: Exam) -> Steps[None]:
    """theta comes as close to 0 and 1 as the sigmoid does"""
    near, far = (
        _sure(exam.seed, NETWORK.sizes(exam), log_odds) for log_odds in (_SURE, _VERY_SURE)
    )
    ((theta,),) = yield from NETWORK.ask(exam, (near,))
    right = float(expected.expit(-_SURE))
    low, high = theta[:, ::2], theta[:, 1::2]
    if _is_near(low, right) and _is_near(high, 1 - right):
        return
    # Behind a wrong hidden layer or in wrong rows, other checks' matter, linear4 may give less.
    others_are_right = (yield from network_checks.rows_are_right(exam, NETWORK)) and (
        yield from _hidden_is_right(exam)
    )
    if not others_are_right:
        (theta,), (of_bias,) = yield from NETWORK.ask(exam, (far, _without_hidden(near)))
        if any(_is_near(row[::2], 0.0) and _is_near(row[1::2], 1.0) for row in theta):
            return
        # A hidden layer in which equal units cancel gives a right linear4 nothing but its bias.
        is_sure = _is_near(of_bias[:, ::2], right) and _is_near(of_bias[:, 1::2], 1 - right)
        if is_sure and (yield from _output_error(exam)) is None:
            return
    actual = float(low.mean()), float(high.mean())
    raise Lost(
        f"Where linear4 gives {-_SURE:g} and {_SURE:g}, theta should be {right:.2g} and "
        f"{1 - right:.5g}, and is {actual[0]:.2g} and {actual[1]:.5g}.",
        evidence={"expected": [right, 1 - right], "actual": list(actual)},
    )


def _is_near(theta: np.ndarray, right: float) -> bool:
    return bool(np.all(np.abs(theta - right) < _OF_A_SURE_PIXEL))


def _hidden_is_right(exam: Exam) -> Steps[bool]:
    try:
        yield from network_checks.judge_hidden(exam, NETWORK, _output_error)
    except (Lost, NotReached):
        return False
    return True


@lru_cache(maxsize=4)
def _sure(seed: int, sizes: Sizes, log_odds: float) -> Model:
    """Return a model as sure of every pixel, of every other one that it is 0; without biases."""
    random = model_of(NETWORK, seed, 7, sizes, 4).weights
    weights = {name: np.zeros_like(weight) for name, weight in random.items()}
    signs = np.where(np.arange(sizes.obs) % 2 == 0, -1.0, 1.0)
    weights["linear3.weight"] += 1 / sizes.latent
    weights["linear4.weight"] += signs[:, None] * log_odds / sizes.hidden
    rows = np.arange(1.0, 5.0) if log_odds == _VERY_SURE else np.ones(4)
    return Model(sizes, weights, np.tile(rows[:, None], sizes.latent))


@lru_cache(maxsize=4)
def _without_hidden(sure: Model) -> Model:
    """Return a model as sure of every pixel whatever its hidden units are."""
    weights = dict(sure.weights)
    weights["linear4.bias"] = weights["linear4.weight"].sum(axis=1)
    weights["linear4.weight"] = np.zeros_like(weights["linear4.weight"])
    return Model(sure.sizes, weights, sure.inputs)


@check("decoder.gradient", "Is every step computed by torch, without detach, .data or no_grad?")
def gradient(exam: Exam) -> Steps[None]:
    """Gradients reach the decoder's layers and z"""
    yield from network_checks.judge_gradients(exam, NETWORK)


CHECKS = (shape, rows, hidden, output, sure_pixels, gradient)
