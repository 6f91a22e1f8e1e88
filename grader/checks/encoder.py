"""Task 1: the encoder, from observations to the posterior's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

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
from grader.checks.reading import gradients, pair, tensor_of_shape, values
from grader.checks.verdict import Evidence, Exam, Lost, check, generator
from grader.diagnosis import encoder as diagnosis
from grader.diagnosis.misconception import explained

METHOD = "encoder"
_NAMES, _HEADS = ("mu", "logsigma"), ("linear21", "linear22")
_SIZES, _SQUARE = Sizes(11, 3, 7), Sizes(9, 6, 6)
_BATCHES = (1, 2, 7, 128)


def _pair(outcome: Outcome, rows: int, latent: int) -> tuple[np.ndarray, np.ndarray]:
    parts = pair(values(outcome, METHOD)[0], _NAMES)
    mu, logsigma = (
        tensor_of_shape(part, name, (rows, latent))
        for part, name in zip(parts, _NAMES, strict=True)
    )
    return mu, logsigma


@lru_cache(maxsize=8)  # one for all submissions of a course
def _model(seed: int, key: int, sizes: Sizes, rows: int) -> Model:
    rng = generator(seed, 1, key)
    weights = worlds.random_weights(rng, sizes)
    return Model(sizes, weights, worlds.binary_rows(rng, rows, sizes))


def _ask(exam: Exam, models: Sequence[Model]) -> list[tuple[np.ndarray, np.ndarray]]:
    outcomes = zip(models, ask(exam, METHOD, "x", models), strict=True)
    return [_pair(outcome, len(m.inputs), m.sizes.latent) for m, outcome in outcomes]


def _diagnose(exam: Exam) -> diagnosis.Diagnosis:
    models = _with_either_head(exam.seed)
    return diagnosis.diagnose(models[2].weights, models[2].inputs, *_ask(exam, models)[2])


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
    except Lost as lost:
        raise explained(lost, _diagnose(exam).hidden) from None
    return None


def _judge_hidden(exam: Exam) -> None:
    # Heads that pass the hidden units through show them, whatever is done after the heads.
    shown, full, heads = _shown_and_full(exam.seed)
    units, came = _ask(exam, (shown, full))
    before = expected.linear(shown.weights, "linear1", shown.inputs)
    for name, actual in zip(_NAMES, units, strict=True):
        if not is_function_of(actual, np.maximum(before, 0)):
            raise Lost(f"The hidden layer behind {name} is not relu(linear1(x)).")
    # At the assignment's own sizes everything fits, but for what other checks charge.
    for name, actual, right in zip(_NAMES, came, heads, strict=True):
        if not any(is_function_of(actual, head) for head in heads):
            sentence, evidence = difference(actual, right)
            raise Lost(f"{name} is wrong for random weights: {sentence}.", evidence=evidence)


@lru_cache(maxsize=2)
def _shown_and_full(seed: int) -> tuple[Model, Model, tuple[np.ndarray, np.ndarray]]:
    """A model whose heads show the hidden units, one of the assignment's own sizes, its heads."""
    full = _model(seed, 2, worlds.FULL, 128)
    heads = expected.encoder(full.weights, full.inputs)
    return _model(seed, 1, _SQUARE, 32).showing(*_HEADS), full, heads


@lru_cache(maxsize=2)
def _with_either_head(seed: int) -> tuple[Model, Model, Model]:
    """Models that differ in their heads alone: each head shows the hidden units, and neither."""
    mixed = _model(seed, 3, _SQUARE, 32)
    return mixed.showing(_HEADS[0]), mixed.showing(_HEADS[1]), mixed


def _head(exam: Exam, position: int) -> None:
    """One output is exactly its linear layer on whatever the hidden layer is.

    Seen from two models that differ in the heads alone: with the identity as its weight the head
    shows the hidden units, and with random weights it must be the same units' linear function.
    """
    models = _with_either_head(exam.seed)
    mixed, came = models[2].weights, _ask(exam, models)
    units, actual = came[position][position], came[2][position]
    name, layer = _NAMES[position], _HEADS[position]
    right = expected.linear(mixed, layer, units)
    if not close(actual, right) or not np.any(np.ptp(units, axis=0)):
        sentence, evidence = difference(actual, right)
        lost = Lost(
            f"{name} is not {layer} of the hidden layer with nothing after it: {sentence}.",
            evidence=evidence,
        )
        raise explained(lost, diagnosis.diagnose(mixed, models[2].inputs, *came[2]).head(position))


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
