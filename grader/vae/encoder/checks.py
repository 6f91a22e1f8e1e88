"""Task 1: the encoder, from observations to the posterior's parameters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grader.kit.batches import Network
from grader.kit.check import Evidence, Exam, Lost, NotReached, Steps, check
from grader.kit.misconception import explained
from grader.kit.observation import Outcome
from grader.kit.outputs import (
    first_two,
    gradients,
    one_step_from,
    pair,
    require_untouched,
    tensor_of_shape,
    values,
)
from grader.kit.tolerance import close, close_in_most_rows, difference
from grader.vae import expected, fixtures
from grader.vae.encoder import misconceptions as diagnosis
from grader.vae.network_questions import Examined
from grader.vae.networks import (
    Model,
    is_function_by_column,
    is_function_of,
    judge_gradient,
)
from grader.vae.sizes import Sizes

METHOD = "encoder"
_NAMES, _HEADS = ("mu", "logsigma"), ("linear21", "linear22")
_SIZES, _SQUARE = Sizes(11, 3, 7), Sizes(9, 6, 6)
_FAR = 9.0
"""Size of what a head gives in the same, less than where numbers are commonly clamped."""

Pair = tuple[np.ndarray, np.ndarray]


def _pair(outcome: Outcome, rows: int, sizes: Sizes) -> Pair:
    """The two results ``[rows, latent]``, after one more step if need be."""
    shape = rows, sizes.latent
    parts = first_two(values(outcome, METHOD)[0], _NAMES, shape)
    mu, logsigma = (one_step_from(p, name, shape) for p, name in zip(parts, _NAMES, strict=True))
    return mu, logsigma


_NETWORK = Network(METHOD, "x", _NAMES, _pair, expected.encoder)


_EXAMINED = Examined(
    1,
    _NETWORK,
    "linear1",
    _HEADS,
    _SIZES,
    _SQUARE,
    fixtures.binary_rows,
    lambda sizes: sizes.latent,
)


def _diagnose(exam: Exam) -> Steps[diagnosis.Diagnosis]:
    mixed = _EXAMINED.model(exam.seed, 3, _EXAMINED.sizes(exam), 32)
    return diagnosis.diagnose(
        mixed.weights, mixed.inputs, *(yield from _EXAMINED.ask(exam, (mixed,)))[0]
    )


@check("encoder.shape", "The docstring says what comes back: two tensors, a row for each row of x.")
def shape(exam: Exam) -> Steps[Evidence | None]:
    """A pair mu, logsigma of shape [batch_size, latent_dim] each, x stays as it is"""
    asked = yield from _EXAMINED.ask_batches(exam)
    # How many rows there may be has a check of its own.
    for x, outcome in list(zip(asked.batches, asked.outcomes, strict=True))[:-1]:
        parts = pair(values(outcome, METHOD)[0], _NAMES)
        for part, name in zip(parts, _NAMES, strict=True):
            tensor_of_shape(part, name, (len(x), asked.point.sizes.latent), exactly=True)
        require_untouched(outcome, {"x": x}, _NAMES)
    return None


@check(
    "encoder.rows",
    "Each image has a posterior of its own. Which of your steps lets rows of a batch meet, or "
    "counts on the size of a batch?",
)
def rows(exam: Exam) -> Steps[Evidence | None]:
    """Every row has its own mu and logsigma, in batches of any size"""
    error = yield from _rows_error(exam)
    if error is not None:
        raise error
    return None


def _rows_error(exam: Exam) -> Steps[Lost | None]:
    def other(rng: np.random.Generator, rows: int, sizes: Sizes) -> np.ndarray:
        # Rows of zeros and ones may be alike by chance.
        return (fixtures.binary_rows(rng, rows, sizes) + 0.5) / 2

    return (yield from _EXAMINED.rows_error(exam, other))


@check(
    "encoder.hidden", "What stands between the first linear layer and the two heads in the diagram?"
)
def hidden(exam: Exam) -> Steps[Evidence | None]:
    """The hidden layer is the ReLU of linear1"""
    try:
        yield from _judge_hidden(exam)
    except Lost as lost:
        raise explained(lost, (yield from _diagnose(exam)).hidden) from None
    return None


def _judge_hidden(exam: Exam) -> Steps[None]:
    large, factor = _EXAMINED.large(exam)
    full = _EXAMINED.full(exam.seed)
    heads = expected.encoder(full.weights, full.inputs)
    either = _with_either_head(exam.seed, _EXAMINED.sizes(exam))
    came = yield from _EXAMINED.ask(exam, (*either[:2], large, full))
    rows_are_right = (yield from _rows_error(exam)) is None
    same = close if rows_are_right else close_in_most_rows
    right_heads = []
    for position in (0, 1):
        if (yield from _head_error(exam, position)) is None:
            right_heads.append(position)
    for position in right_heads or (0, 1):
        for model, scale, index in ((either[position], 1.0, position), (large, factor, 2)):
            before = model.shown(_HEADS[position], _EXAMINED.before_hidden(model))
            right = np.maximum(before, 0) / scale
            if same(came[index][position], right):
                continue
            if not right_heads and (yield from _EXAMINED.is_behind_relu(exam)):
                return  # whatever is made of it then
            if not rows_are_right:
                raise NotReached("Rows get mixed up, so the hidden layer can't be seen.")
            # Where no head is right, something else may come after it, or they change places.
            if right_heads or not any(is_function_of(part, right) for part in came[index]):
                raise Lost(f"The hidden layer behind {_NAMES[position]} is not relu(linear1(x)).")
    # At the assignment's own sizes everything fits, but for what other checks charge.
    for name, actual, right in zip(_NAMES, came[3], heads, strict=True):
        if rows_are_right and not any(is_function_by_column(actual, head) for head in heads):
            sentence, evidence = difference(actual, right)
            raise Lost(f"{name} is wrong for random weights: {sentence}.", evidence=evidence)


@lru_cache(maxsize=2)
def _with_either_head(seed: int, sizes: Sizes) -> tuple[Model, Model, Model]:
    """Models that differ in their heads alone: each head shows the hidden units, and neither."""
    mixed = _EXAMINED.model(seed, 3, sizes, 32).reading_shown(*_HEADS)
    return mixed.showing(_HEADS[0]), mixed.showing(_HEADS[1]), mixed


def _head_error(exam: Exam, position: int) -> Steps[Lost | None]:
    """What is wrong with one output, which is to be its linear layer on whatever the units are.

    With a selection as its weight a head shows the hidden units, and with random weights it must
    be the same units' linear function. The units are read off the head itself, in another model, or
    off the other head, in the same one, where rows that change places change them together.
    """
    models, wide = (
        _with_either_head(exam.seed, _EXAMINED.sizes(exam)),
        _wide(exam.seed, _EXAMINED.sizes(exam)),
    )
    *came, far = yield from _EXAMINED.ask(exam, (*models, wide))
    layer, other, beside = _HEADS[position], _HEADS[1 - position], 1 - position
    same = close if (yield from _rows_error(exam)) is None else close_in_most_rows
    lost: Lost | None = None
    for head, shown, weights, actual in (
        (layer, came[position][position], models[2].weights, came[2][position]),
        (other, came[beside][beside], models[beside].weights, came[beside][position]),
    ):
        units = models[2].hidden_of(head, shown)
        pairs = (
            (actual, expected.linear(weights, layer, units)),
            (far[position], expected.linear(wide.weights, layer, units)),
        )
        wrong = next((pair for pair in pairs if not same(*pair)), None)
        if wrong is None and np.any(np.ptp(shown, axis=0)):
            return None
        sentence, evidence = difference(*(wrong or pairs[0]))
        lost = lost or Lost(
            f"{_NAMES[position]} is not {layer} of the hidden layer with nothing after it: "
            f"{sentence}.",
            evidence=evidence,
        )
    return lost


@lru_cache(maxsize=2)
def _wide(seed: int, sizes: Sizes) -> Model:
    """Heads that give as large numbers as they may in training, of either sign."""
    mixed = _with_either_head(seed, sizes)[2]
    weights = dict(mixed.weights)
    for layer in _HEADS:
        weights[f"{layer}.weight"] = fixtures.as_single(weights[f"{layer}.weight"] / 8)
        weights[f"{layer}.bias"] = fixtures.as_single(np.linspace(-_FAR, _FAR, sizes.latent))
    return Model(sizes, weights, mixed.inputs)


def _head(exam: Exam, position: int) -> Steps[None]:
    error = yield from _head_error(exam, position)
    if error is not None:
        raise explained(error, (yield from _diagnose(exam)).head(position))


@check("encoder.mu", "Which layer is the head for the means, and what may come after it?")
def mu(exam: Exam) -> Steps[Evidence | None]:
    """The first output is linear21 of the hidden layer, nothing after it"""
    yield from _head(exam, 0)
    return None


@check(
    "encoder.logsigma",
    "A log standard deviation may be any real number. What may come after its head?",
)
def logsigma(exam: Exam) -> Steps[Evidence | None]:
    """The second output is linear22 of the hidden layer, nothing after it"""
    yield from _head(exam, 1)
    return None


@check("encoder.gradient", "Is every step computed by torch, without detach, .data or no_grad?")
def gradient(exam: Exam) -> Steps[Evidence | None]:
    """Gradients reach the encoder's layers"""
    asked = yield from _EXAMINED.ask_batches(exam)
    x, outer = asked.point.arguments["x"], asked.point.cotangents
    found = gradients(asked.of_point, METHOD)
    right = expected.encoder_gradients(asked.point.weights, x, outer[0], outer[1])
    try:
        yield from judge_gradient(exam, asked.point, found, right)
    except Lost as lost:
        names = [name for name in right if name.endswith("weight")]
        raise explained(
            lost, (yield from _diagnose(exam)).gradient({n: found[n] for n in names})
        ) from None
    return None


CHECKS = (shape, rows, hidden, mu, logsigma, gradient)
