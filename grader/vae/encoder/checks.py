"""Task 1: the encoder, from observations to the posterior's parameters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grader.kit.check import Exam, Lost, Steps, check
from grader.kit.misconception import explained
from grader.kit.tolerance import difference
from grader.vae import expected, fixtures, network_checks
from grader.vae.encoder import misconceptions as diagnosis
from grader.vae.network_task import NetworkTask
from grader.vae.networks import Model
from grader.vae.sizes import Sizes

_FAR = 9.0
"""Size of what a head gives in the same, less than where numbers are commonly clamped."""


def _grey_rows(rng: np.random.Generator, rows: int, sizes: Sizes) -> np.ndarray:
    """Return rows of 1/4 and 3/4, since those of zeros and ones may be alike by chance."""
    return (fixtures.binary_rows(rng, rows, sizes) + 0.5) / 2


NETWORK = NetworkTask(
    key=1,
    method="encoder",
    argument="x",
    results=("mu", "logsigma"),
    width=lambda sizes: sizes.latent,
    first="linear1",
    last=("linear21", "linear22"),
    before_output=expected.encoder,
    output=lambda head: head,
    gradients=expected.encoder_gradients,
    small=Sizes(11, 3, 7),
    square=Sizes(9, 6, 6),
    draw=fixtures.binary_rows,
    draw_distinct=_grey_rows,
)


def _diagnose(exam: Exam) -> Steps[diagnosis.Diagnosis]:
    mixed = NETWORK.mixed(exam)
    ((mu, logsigma),) = yield from NETWORK.ask(exam, (mixed,))
    return diagnosis.diagnose(NETWORK.before_hidden(mixed), mixed.weights, mu, logsigma)


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
    try:
        yield from network_checks.judge_hidden(exam, NETWORK, _head_error)
    except Lost as lost:
        raise explained(lost, diagnosis.CATALOGUE, (yield from _diagnose(exam)).hidden) from None


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
        if wrong is None and np.any(np.ptp(shown, axis=0)):
            return None
        sentence, evidence = difference(*(wrong or pairs[0]))
        error = error or Lost(
            f"{NETWORK.results[position]} is not {layer} of the hidden layer with nothing after "
            f"it: {sentence}.",
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
        raise explained(error, diagnosis.CATALOGUE, (yield from _diagnose(exam)).head(position))


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
    error = yield from network_checks.gradient_error(exam, NETWORK)
    if error is not None:
        lost, slopes = error
        raise explained(lost, diagnosis.CATALOGUE, (yield from _diagnose(exam)).gradient(slopes))


CHECKS = (shape, rows, hidden, mu, logsigma, gradient)
