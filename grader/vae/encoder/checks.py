"""Task 1: the encoder, from observations to the posterior's parameters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, Steps, check
from grader.kit.tolerance import difference, is_one_row
from grader.vae import expected, fixtures, network_checks
from grader.vae.encoder.network import NETWORK
from grader.vae.networks import Model

_FAR = 9.0
"""Size of what a head gives in the same, less than where numbers are commonly clamped."""


@check("encoder.shape", "The docstring says what comes back: two tensors, a row for each row of x.")
def shape(exam: Exam) -> Steps[None]:
    """A pair mu, logsigma of shape [batch_size, latent_dim] each, x stays as it is"""
    yield from network_checks.judge_shape(exam, NETWORK)


@check(
    "encoder.rows",
    "Each image has a posterior of its own. Which of your steps lets rows of a batch meet, or "
    "counts on the size of a batch?",
)
def rows(exam: Exam) -> Steps[None]:
    """Every row has its own mu and logsigma, in batches of any size"""
    yield from network_checks.judge_rows(exam, NETWORK)


@check(
    "encoder.hidden", "What stands between the first linear layer and the two heads in the diagram?"
)
def hidden(exam: Exam) -> Steps[None]:
    """The hidden layer is the ReLU of linear1"""
    yield from network_checks.judge_hidden(exam, NETWORK, _head_error)


def _head_error(exam: Exam, position: int) -> Steps[Lost | None]:
    """Return what is wrong with one output, its linear layer on whatever the units are, or None.

    With a selection as its weight a head shows the hidden units, and with random weights it must
    be the same units' linear function. The units are read off the head itself, in another model, or
    off the other head, in the same one, where rows that change places change them together.
    """
    models = NETWORK.showing(exam)
    far = _far(models[2])
    *results, of_far = yield from NETWORK.ask(exam, (*models, far))
    other = 1 - position
    layer = NETWORK.last[position]
    same = yield from network_checks.closeness(exam, NETWORK)
    error: Lost | None = None
    for shows, judged in ((position, 2), (other, other)):
        shown, actual = results[shows][shows], results[judged][position]
        units = models[2].hidden_of(NETWORK.last[shows], shown)
        pairs = (
            (actual, expected.linear(models[judged].weights, layer, units)),
            (of_far[position], expected.linear(far.weights, layer, units)),
        )
        wrong = next((pair for pair in pairs if not same(*pair)), None)
        if wrong is None and not is_one_row(shown):
            return None
        if wrong is None:
            error = error or Lost(f"Every row of a batch has the same {NETWORK.results[position]}.")
            continue
        sentence, evidence = difference(*wrong)
        differs = f": {sentence}" if evidence else ""
        error = error or Lost(
            f"{NETWORK.results[position]} is not {layer} of the hidden layer with nothing after "
            f"it{differs}.",
            evidence=evidence,
        )
    return error


@lru_cache(maxsize=2)
def _far(mixed: Model) -> Model:
    """Return a model whose heads give as large numbers as they may in training, of either sign."""
    weights = dict(mixed.weights)
    for layer in NETWORK.last:
        weights[f"{layer}.weight"] = fixtures.as_single(weights[f"{layer}.weight"] / 8)
        weights[f"{layer}.bias"] = fixtures.as_single(np.linspace(-_FAR, _FAR, mixed.sizes.latent))
    return Model(mixed.sizes, weights, mixed.inputs)


def _judge_head(exam: Exam, position: int) -> Steps[None]:
    error = yield from _head_error(exam, position)
    if error is not None:
        raise error


@check("encoder.mu", "Which layer is the head for the means, and what may come after it?")
def mu(exam: Exam) -> Steps[None]:
    """The first output is linear21 of the hidden layer, nothing after it"""
    yield from _judge_head(exam, 0)


@check(
    "encoder.logsigma",
    "A log standard deviation may be any real number. What may come after its head?",
)
def logsigma(exam: Exam) -> Steps[None]:
    """The second output is linear22 of the hidden layer, nothing after it"""
    yield from _judge_head(exam, 1)


@check("encoder.gradient", "Is every step computed by torch, without detach, .data or no_grad?")
def gradient(exam: Exam) -> Steps[None]:
    """Gradients reach the encoder's layers"""
    yield from network_checks.judge_gradients(exam, NETWORK)


CHECKS = (shape, rows, hidden, mu, logsigma, gradient)
