"""Task 1: the encoder, from observations to the posterior's parameters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grader.candidate.observation import Outcome
from grader.candidate.probe import Call, Probe, Sizes
from grader.checks import expected, worlds
from grader.checks.closeness import close, difference
from grader.checks.networks import is_function_of, require_connected, require_slopes
from grader.checks.reading import gradients, pair, tensor_of_shape, values
from grader.checks.verdict import Evidence, Exam, Lost, check, generator
from grader.diagnosis import encoder as diagnosis
from grader.diagnosis.misconception import explained

METHOD = "encoder"
_NAMES = ("mu", "logsigma")
_FULL = Sizes(784, 32, 400)
_SIZES = Sizes(11, 3, 7)
_BATCHES = (1, 2, 7, 128)


def _pair(outcome: Outcome, rows: int, latent: int) -> tuple[np.ndarray, np.ndarray]:
    parts = pair(values(outcome, METHOD)[0], _NAMES)
    mu, logsigma = (
        tensor_of_shape(part, name, (rows, latent))
        for part, name in zip(parts, _NAMES, strict=True)
    )
    return mu, logsigma


def _ask(
    exam: Exam, sizes: Sizes, weights: expected.Weights, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    outcome = exam.ask(Probe(sizes, weights, (Call(METHOD, {"x": x}),))).outcomes[0]
    return _pair(outcome, len(x), sizes.latent)


def _mixed(exam: Exam) -> tuple[Sizes, dict[str, np.ndarray], np.ndarray]:
    """A model with random weights in all layers, and observations for it."""
    rng = exam.generator(1, 3)
    sizes = Sizes(9, 6, 6)
    weights = worlds.random_weights(rng, sizes)
    return sizes, weights, worlds.binary_rows(rng, 32, sizes)


def _diagnose(exam: Exam) -> diagnosis.Diagnosis:
    sizes, weights, x = _mixed(exam)
    return diagnosis.diagnose(weights, x, *_ask(exam, sizes, weights, x))


@check("encoder.shape", "The docstring says what comes back: two tensors, a row for each row of x.")
def shape(exam: Exam) -> Evidence | None:
    """A pair mu, logsigma of shape [batch_size, latent_dim] each"""
    rng = exam.generator(1, 0)
    weights = worlds.random_weights(rng, _SIZES)
    batches = [worlds.binary_rows(rng, rows, _SIZES) for rows in _BATCHES]
    calls = tuple(Call(METHOD, {"x": x}) for x in batches)
    outcomes = exam.ask(Probe(_SIZES, weights, calls)).outcomes
    for x, outcome in zip(batches, outcomes, strict=True):
        _pair(outcome, len(x), _SIZES.latent)
    return None


@check(
    "encoder.hidden", "What stands between the first linear layer and the two heads in the diagram?"
)
def hidden(exam: Exam) -> Evidence | None:
    """The hidden layer is the ReLU of linear1"""
    try:
        _judge_hidden(exam)
        _whole(exam)
    except Lost as lost:
        raise explained(lost, _diagnose(exam).hidden) from None
    return None


def _judge_hidden(exam: Exam) -> None:
    rng = exam.generator(1, 1)
    # Heads that pass the hidden units through show them, whatever is done after the heads.
    sizes = Sizes(9, 6, 6)
    weights = worlds.random_weights(rng, sizes)
    for head in ("linear21", "linear22"):
        weights[f"{head}.weight"], weights[f"{head}.bias"] = np.eye(6), np.zeros(6)
    x = worlds.binary_rows(rng, 32, sizes)
    before = expected.linear(weights, "linear1", x)
    for name, actual in zip(_NAMES, _ask(exam, sizes, weights, x), strict=True):
        if not is_function_of(actual, np.maximum(before, 0)):
            raise Lost(f"The hidden layer behind {name} is not relu(linear1(x)).")


@lru_cache(maxsize=2)  # one for all submissions of a course
def _full(seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A model of the assignment's own sizes with random weights, and what it is given."""
    rng = generator(seed, 1, 2)
    return worlds.random_weights(rng, _FULL), worlds.binary_rows(rng, 128, _FULL)


def _whole(exam: Exam) -> None:
    """At the assignment's own sizes everything fits, but for what other checks charge."""
    weights, x = _full(exam.seed)
    heads = expected.encoder(weights, x)
    for name, actual in zip(_NAMES, _ask(exam, _FULL, weights, x), strict=True):
        if not any(is_function_of(actual, head) for head in heads):
            sentence, evidence = difference(actual, heads[_NAMES.index(name)])
            raise Lost(f"{name} is wrong for random weights: {sentence}.", evidence=evidence)


def _head(exam: Exam, position: int) -> None:
    """One output is exactly its linear layer on whatever the hidden layer is.

    Seen from two models that differ in the heads alone: with the identity as its weight the head
    shows the hidden units, and with random weights it must be the same units' linear function.
    """
    sizes, mixed, x = _mixed(exam)
    layer = ("linear21", "linear22")[position]
    shown = {**mixed, f"{layer}.weight": np.eye(6), f"{layer}.bias": np.zeros(6)}
    units = _ask(exam, sizes, shown, x)[position]
    came = _ask(exam, sizes, mixed, x)
    actual = came[position]
    right = expected.linear(mixed, layer, units)
    name = _NAMES[position]
    if not close(actual, right) or not np.any(np.ptp(units, axis=0)):
        sentence, evidence = difference(actual, right)
        lost = Lost(
            f"{name} is not {layer} of the hidden layer with nothing after it: {sentence}.",
            evidence=evidence,
        )
        raise explained(lost, diagnosis.diagnose(mixed, x, *came).head(position))


@check("encoder.mu", "Which layer is the head for the means, and what may come after it?")
def mu(exam: Exam) -> Evidence | None:
    """The first output is linear21 of the hidden layer, nothing after it"""
    _head(exam, 0)
    return None


@check(
    "encoder.logsigma",
    "A log standard deviation may be any real number. What may come after its head?",
)
def logsigma(exam: Exam) -> Evidence | None:
    """The second output is linear22 of the hidden layer, nothing after it"""
    _head(exam, 1)
    return None


@check("encoder.gradient", "Is every step computed by torch, without detach, .data or no_grad?")
def gradient(exam: Exam) -> Evidence | None:
    """Gradients reach the encoder's layers"""
    rng = exam.generator(1, 4)
    weights = worlds.random_weights(rng, _SIZES)
    x = worlds.binary_rows(rng, 7, _SIZES)
    outer = [worlds.normal(rng, 7, _SIZES.latent) for _ in _NAMES]
    call = Call(METHOD, {"x": x}, tuple(outer))
    outcome = exam.ask(Probe(_SIZES, weights, (call,))).outcomes[0]
    actual = _pair(outcome, len(x), _SIZES.latent)
    found = gradients(outcome, METHOD)
    right = expected.encoder_gradients(weights, x, outer[0], outer[1])
    names = tuple(name for name in right if name.endswith("weight"))
    try:
        require_connected(found, names, "the encoder")
        if all(map(close, actual, expected.encoder(weights, x))):
            require_slopes(found, right)
    except Lost as lost:
        raise explained(lost, _diagnose(exam).gradient({n: found[n] for n in names})) from None
    return None


CHECKS = (shape, hidden, mu, logsigma, gradient)
