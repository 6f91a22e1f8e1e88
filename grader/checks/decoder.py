"""Task 3: the decoder, from latent variables to the likelihood's parameters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import logit

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import expected, worlds
from grader.checks.closeness import close, difference
from grader.checks.networks import is_function_of, require_connected, require_slopes
from grader.checks.reading import gradients, tensor_of_shape, values
from grader.checks.verdict import Evidence, Exam, Lost, check, generator
from grader.diagnosis import decoder as diagnosis
from grader.diagnosis.misconception import explained

METHOD = "decoder"
_FULL = Sizes(784, 32, 400)
_SIZES = Sizes(11, 3, 7)
_BATCHES = (1, 2, 7, 128)


def _theta(outcome: Outcome, rows: int, obs: int) -> np.ndarray:
    return tensor_of_shape(values(outcome, METHOD)[0], "theta", (rows, obs))


def _ask(exam: Exam, sizes: Sizes, weights: expected.Weights, z: np.ndarray) -> np.ndarray:
    outcome = exam.ask(Probe(sizes, weights, (Call(METHOD, {"z": z}),))).outcomes[0]
    return _theta(outcome, len(z), sizes.obs)


def _mixed(exam: Exam) -> tuple[Sizes, dict[str, np.ndarray], np.ndarray]:
    """A model with random weights in all layers, and latent variables for it."""
    rng = exam.generator(3, 3)
    sizes = Sizes(6, 4, 6)
    return sizes, worlds.random_weights(rng, sizes), worlds.normal(rng, 32, 4)


def _diagnose(exam: Exam) -> diagnosis.Diagnosis:
    sizes, weights, z = _mixed(exam)
    return diagnosis.diagnose(weights, z, _ask(exam, sizes, weights, z))


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
        _whole(exam)
    except Lost as lost:
        raise explained(lost, _diagnose(exam).hidden) from None
    return None


def _judge_hidden(exam: Exam) -> None:
    rng = exam.generator(3, 1)
    # A last layer that passes the hidden units through shows them, whatever is done after it.
    sizes = Sizes(6, 4, 6)
    weights = worlds.random_weights(rng, sizes)
    weights["linear4.weight"], weights["linear4.bias"] = np.eye(6), np.zeros(6)
    z = worlds.normal(rng, 32, 4)
    before = expected.linear(weights, "linear3", z)
    actual = _ask(exam, sizes, weights, z)
    if not is_function_of(actual, np.maximum(before, 0)):
        raise Lost("The hidden layer behind theta is not relu(linear3(z)).")


@lru_cache(maxsize=2)  # one for all submissions of a course
def _full(seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A model of the assignment's own sizes with random weights, and what it is given."""
    rng = generator(seed, 3, 2)
    return worlds.random_weights(rng, _FULL), worlds.normal(rng, 128, _FULL.latent)


def _whole(exam: Exam) -> None:
    """At the assignment's own sizes everything fits, but for what other checks charge."""
    weights, z = _full(exam.seed)
    actual = _ask(exam, _FULL, weights, z)
    if not is_function_of(actual, expected.logits(weights, z)):
        sentence, evidence = difference(actual, expected.decoder(weights, z))
        raise Lost(f"theta is wrong for random weights: {sentence}.", evidence=evidence)


@check(
    "decoder.output",
    "theta holds probabilities. Which function turns a real number into one? How often is it "
    "applied?",
)
def output(exam: Exam) -> Evidence | None:
    """theta is the sigmoid of linear4, between 0 and 1"""
    sizes, mixed, z = _mixed(exam)
    # With the identity as the last weight theta shows the hidden units, whatever they are; with
    # random weights it must be the sigmoid of the same units' linear function.
    shown = {**mixed, "linear4.weight": np.eye(6), "linear4.bias": np.zeros(6)}
    theta = _ask(exam, sizes, shown, z)
    actual = _ask(exam, sizes, mixed, z)
    try:
        _judge_output(mixed, theta, actual)
    except Lost as lost:
        raise explained(lost, diagnosis.diagnose(mixed, z, actual).output) from None
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
