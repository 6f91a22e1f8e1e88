"""Task 3: the decoder, from latent variables to the likelihood's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import logit

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import expected, worlds
from grader.checks.closeness import close, difference
from grader.checks.networks import (
    Model,
    ask,
    is_function_of,
    require_connected,
    require_slopes,
)
from grader.checks.reading import gradients, tensor_of_shape, values
from grader.checks.verdict import Evidence, Exam, Lost, check, generator
from grader.diagnosis import decoder as diagnosis
from grader.diagnosis.misconception import explained

METHOD = "decoder"
_SIZES, _SQUARE = Sizes(11, 3, 7), Sizes(6, 4, 6)
_BATCHES = (1, 2, 7, 128)


def _theta(outcome: Outcome, rows: int, obs: int) -> np.ndarray:
    return tensor_of_shape(values(outcome, METHOD)[0], "theta", (rows, obs))


@lru_cache(maxsize=8)  # one for all submissions of a course
def _model(seed: int, key: int, sizes: Sizes, rows: int) -> Model:
    rng = generator(seed, 3, key)
    weights = worlds.random_weights(rng, sizes)
    return Model(sizes, weights, worlds.normal(rng, rows, sizes.latent))


def _ask(exam: Exam, models: Sequence[Model]) -> list[np.ndarray]:
    outcomes = zip(models, ask(exam, METHOD, "z", models), strict=True)
    return [_theta(outcome, len(m.inputs), m.sizes.obs) for m, outcome in outcomes]


@lru_cache(maxsize=2)
def _shown_and_mixed(seed: int) -> tuple[Model, Model]:
    """A model whose theta shows the hidden units, whatever they are, and one with random weights.

    They differ in the last layer alone.
    """
    mixed = _model(seed, 3, _SQUARE, 32)
    return mixed.showing("linear4"), mixed


def _diagnose(exam: Exam) -> diagnosis.Diagnosis:
    models = _shown_and_mixed(exam.seed)
    return diagnosis.diagnose(models[1].weights, models[1].inputs, _ask(exam, models)[1])


@check(
    "decoder.shape", "The docstring says what comes back: a tensor with a row for each row of z."
)
def shape(exam: Exam) -> Evidence | None:
    """A tensor theta of shape [batch_size, obs_dim]"""
    rng = exam.generator(3, 0)
    weights = worlds.random_weights(rng, _SIZES)
    batches = [worlds.normal(rng, rows, _SIZES.latent) for rows in _BATCHES]
    calls = tuple(Call(METHOD, {"z": z}) for z in batches)
    outcomes = exam.ask(Probe(_SIZES, weights, calls)).outcomes
    for z, outcome in zip(batches, outcomes, strict=True):
        _theta(outcome, len(z), _SIZES.obs)
    return None


@check("decoder.hidden", "What stands between the decoder's two linear layers in the diagram?")
def hidden(exam: Exam) -> Evidence | None:
    """The hidden layer is the ReLU of linear3"""
    try:
        _judge_hidden(exam)
    except Lost as lost:
        raise explained(lost, _diagnose(exam).hidden) from None
    return None


def _judge_hidden(exam: Exam) -> None:
    # A last layer that passes the hidden units through shows them, whatever is done after it.
    shown, full, logits = _shown_and_full(exam.seed)
    units, came = _ask(exam, (shown, full))
    before = expected.linear(shown.weights, "linear3", shown.inputs)
    if not is_function_of(units, np.maximum(before, 0)):
        raise Lost("The hidden layer behind theta is not relu(linear3(z)).")
    # At the assignment's own sizes everything fits, but for what other checks charge.
    if not is_function_of(came, logits):
        sentence, evidence = difference(came, expected.expit(logits))
        raise Lost(f"theta is wrong for random weights: {sentence}.", evidence=evidence)


@lru_cache(maxsize=2)
def _shown_and_full(seed: int) -> tuple[Model, Model, np.ndarray]:
    """A model whose theta shows the hidden units, one of the assignment's own sizes, its logits."""
    full = _model(seed, 2, worlds.FULL, 128)
    logits = expected.logits(full.weights, full.inputs)
    return _model(seed, 1, _SQUARE, 32).showing("linear4"), full, logits


@check(
    "decoder.output",
    "theta holds probabilities. Which function turns a real number into one? How often is it "
    "applied?",
)
def output(exam: Exam) -> Evidence | None:
    """theta is the sigmoid of linear4, between 0 and 1"""
    models = _shown_and_mixed(exam.seed)
    theta, actual = _ask(exam, models)
    mixed = models[1]
    try:
        # With random weights it must be the sigmoid of the same units' linear function.
        _judge_output(mixed.weights, theta, actual)
    except Lost as lost:
        found = diagnosis.diagnose(mixed.weights, mixed.inputs, actual).output
        raise explained(lost, found) from None
    return None


def _judge_output(mixed: expected.Weights, theta: np.ndarray, actual: np.ndarray) -> None:
    for part in (theta, actual):
        if not np.all((part > 0) & (part < 1)):
            outside = int(np.sum(~((part > 0) & (part < 1))))
            raise Lost(
                f"{outside} of {part.size} numbers in theta are not between 0 and 1.",
                evidence={"outside": outside},
            )
    right = expected.expit(expected.linear(mixed, "linear4", logit(theta)))
    if not close(actual, right, 1e-3) or not np.any(np.ptp(theta, axis=0)):
        sentence, evidence = difference(actual, right)
        raise Lost(f"theta is not sigmoid(linear4(hidden)): {sentence}.", evidence=evidence)


@check("decoder.gradient", "Is every step computed by torch, without detach, .data or no_grad?")
def gradient(exam: Exam) -> Evidence | None:
    """Gradients reach the decoder's layers and z"""
    rng = exam.generator(3, 4)
    weights = worlds.random_weights(rng, _SIZES)
    z = worlds.normal(rng, 7, _SIZES.latent)
    outer = worlds.normal(rng, 7, _SIZES.obs)
    call = Call(METHOD, {"z": z}, (outer,), ("z",))
    outcome = exam.ask(Probe(_SIZES, weights, (call,))).outcomes[0]
    actual = _theta(outcome, len(z), _SIZES.obs)
    found = gradients(outcome, METHOD)
    theta = expected.decoder(weights, z)
    right = expected.decoder_gradients(weights, z, outer * theta * (1 - theta))
    names = tuple(name for name in right if not name.endswith("bias"))
    try:
        require_connected(found, names, "the decoder")
        if close(actual, theta):
            require_slopes(found, right)
    except Lost as lost:
        raise explained(lost, _diagnose(exam).gradient({n: found[n] for n in names})) from None
    return None


CHECKS = (shape, hidden, output, gradient)
