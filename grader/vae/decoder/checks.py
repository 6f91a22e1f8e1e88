"""Task 3: the decoder, from latent variables to the likelihood's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import logit

from grader.kit.batches import Network, rows_error
from grader.kit.check import Evidence, Exam, Lost, NotReached, Steps, check, generator
from grader.kit.gradients import Asked, Point
from grader.kit.misconception import explained
from grader.kit.observation import Outcome
from grader.kit.outputs import (
    gradients,
    one_step_from,
    require_untouched,
    tensor_of_shape,
    values,
)
from grader.kit.probe import Call, Probe, Sizes
from grader.kit.tolerance import close, close_in_most_rows, difference
from grader.vae import expected, fixtures
from grader.vae.decoder import misconceptions as diagnosis
from grader.vae.networks import (
    Model,
    ask,
    is_behind_relu,
    is_function_by_column,
    is_function_of,
    judge_gradient,
    with_equal_units,
)

METHOD = "decoder"
_LAYERS = ("linear3", "linear4")
_SIZES, _SQUARE = Sizes(11, 3, 7), Sizes(6, 4, 6)
_LARGE = 10.0
"""Factor of the hidden units in a model that tells a ReLU from one with an upper bound."""
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


@lru_cache(maxsize=8)  # one for all submissions of a course
def _model(seed: int, key: int, sizes: Sizes, rows: int) -> Model:
    rng = generator(seed, 3, key)
    weights = fixtures.random_weights(rng, sizes, _LAYERS)
    return Model(sizes, weights, fixtures.normal(rng, rows, sizes.latent))


def _ask(exam: Exam, models: Sequence[Model]) -> Steps[list[np.ndarray]]:
    outcomes = zip(models, (yield from ask(exam, METHOD, "z", models)), strict=True)
    return [_theta(outcome, len(m.inputs), m.sizes) for m, outcome in outcomes]


def _square(exam: Exam) -> Sizes:
    return fixtures.FULL if exam.setting.full else _SQUARE


@lru_cache(maxsize=2)
def _shown_and_mixed(seed: int, sizes: Sizes) -> tuple[Model, Model]:
    """A model whose theta shows the hidden units, whatever they are, and one with random weights.

    They differ in the last layer alone.
    """
    mixed = _model(seed, 3, sizes, 32)
    return mixed.showing("linear4"), mixed


def _diagnose(exam: Exam) -> Steps[diagnosis.Diagnosis]:
    _, mixed = _shown_and_mixed(exam.seed, _square(exam))
    return diagnosis.diagnose(mixed.weights, mixed.inputs, (yield from _ask(exam, (mixed,)))[0])


def _question(exam: Exam) -> tuple[list[np.ndarray], Point, Probe]:
    """Batches of several sizes, the last of a size that nobody can list, in one model."""
    sizes = fixtures.FULL if exam.setting.full else _SIZES
    most = exam.rows(1001, 1100) if exam.setting.full else exam.rows(1001, 1500)
    rng = exam.generator(3, 0)
    weights = _model(exam.seed, 0, sizes, 1).weights
    counts = (1, 2, 2, exam.rows(3, 127), 128, most)
    batches = [fixtures.normal(rng, count, sizes.latent) for count in counts]
    z, outer = fixtures.normal(rng, 7, sizes.latent), fixtures.normal(rng, 7, sizes.obs)
    point = Point(sizes, weights, METHOD, {"z": z}, (outer,), ("z",))
    calls = [Call(METHOD, {"z": z}, keep=True, generators=True) for z in batches]
    # The largest comes last: it may take too long.
    return batches, point, Probe(sizes, weights, (*calls[:-1], point.call, calls[-1]))


def _asked(exam: Exam) -> Steps[Asked]:
    batches, point, probe = exam.once(_question)
    *outcomes, of_point, of_most = (yield probe).outcomes
    return Asked(batches, (*outcomes, of_most), point, of_point)


@check(
    "decoder.shape", "The docstring says what comes back: a tensor with a row for each row of z."
)
def shape(exam: Exam) -> Steps[Evidence | None]:
    """A tensor theta of shape [batch_size, obs_dim], z stays as it is"""
    asked = yield from _asked(exam)
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
    asked = yield from _asked(exam)
    sizes, largest = asked.point.sizes, asked.batches[-1]

    def other() -> np.ndarray:
        return fixtures.normal(exam.generator(3, 6), len(largest), sizes.latent)

    return (
        yield from rows_error(exam, _NETWORK, asked, other, _model(exam.seed, 5, sizes, 1).weights)
    )


@check("decoder.hidden", "What stands between the decoder's two linear layers in the diagram?")
def hidden(exam: Exam) -> Steps[Evidence | None]:
    """The hidden layer is the ReLU of linear3"""
    try:
        yield from _judge_hidden(exam)
    except Lost as lost:
        raise explained(lost, (yield from _diagnose(exam)).hidden) from None
    return None


def _judge_hidden(exam: Exam) -> Steps[None]:
    shown, _ = _shown_and_mixed(exam.seed, _square(exam))
    large = _large(exam.seed, _square(exam))
    full, logits = _full(exam.seed)
    *units, came = yield from _ask(exam, (shown, large, full))
    rows_are_right, output_is_right = (
        (yield from _rows_error(exam)) is None,
        (yield from _output_error(exam)) is None,
    )
    same = close if rows_are_right else close_in_most_rows
    for model, theta, scale in ((shown, units[0], 1.0), (large, units[1], _LARGE)):
        before = model.shown("linear4", expected.linear(model.weights, "linear3", model.inputs))
        right = np.maximum(before, 0) / scale
        if same(theta, expected.expit(right)):
            continue
        if not output_is_right and (yield from _is_behind_relu(exam)):
            return  # whatever is made of it then
        if not rows_are_right:
            raise NotReached("Rows get mixed up, so the hidden layer can't be seen.")
        if output_is_right or not is_function_of(theta, right):
            raise Lost("The hidden layer behind theta is not relu(linear3(z)).")
    # At the assignment's own sizes everything fits, but for what other checks charge.
    if rows_are_right and not is_function_by_column(came, logits):
        sentence, evidence = difference(came, expected.expit(logits))
        raise Lost(f"theta is wrong for random weights: {sentence}.", evidence=evidence)


def _is_behind_relu(exam: Exam) -> Steps[bool]:
    """Whether theta, whatever it is, is the same wherever the ReLU of linear3 is."""
    for sizes in dict.fromkeys((_square(exam), fixtures.FULL)):
        models = _with_equal_units(exam.seed, sizes)
        try:
            came = yield from _ask(exam, models)
        except Lost:
            return False
        if not is_behind_relu(*((theta,) for theta in came)):
            return False
    return True


@lru_cache(maxsize=2)
def _with_equal_units(seed: int, sizes: Sizes) -> tuple[Model, ...]:
    return with_equal_units(_model(seed, 3, sizes, 32), "linear3", ("linear4",))


@lru_cache(maxsize=2)
def _large(seed: int, sizes: Sizes) -> Model:
    """theta shows hidden units that are large."""
    model = _model(seed, 1, sizes, 32)
    weights = {n: w * (_LARGE if n.startswith("linear3.") else 1) for n, w in model.weights.items()}
    return Model(sizes, weights, model.inputs).showing("linear4", scale=1 / _LARGE)


@lru_cache(maxsize=2)
def _full(seed: int) -> tuple[Model, np.ndarray]:
    """A model of the assignment's own sizes, and its logits."""
    model = _model(seed, 2, fixtures.FULL, 128)
    return model, expected.logits(model.weights, model.inputs)


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
    models = _shown_and_mixed(exam.seed, _square(exam))
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
    near, far = (_sure(exam.seed, _square(exam), log_odds) for log_odds in (_SURE, _VERY_SURE))
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
    weights = {name: np.zeros_like(w) for name, w in _model(seed, 7, sizes, 4).weights.items()}
    signs = np.where(np.arange(sizes.obs) % 2 == 0, -1.0, 1.0)
    weights["linear3.weight"] += 1 / sizes.latent
    weights["linear4.weight"] += signs[:, None] * log_odds / sizes.hidden
    rows = np.arange(1.0, 5.0) if log_odds == _VERY_SURE else np.ones(4)
    return Model(sizes, weights, np.tile(rows[:, None], sizes.latent))


@check("decoder.gradient", "Is every step computed by torch, without detach, .data or no_grad?")
def gradient(exam: Exam) -> Steps[Evidence | None]:
    """Gradients reach the decoder's layers and z"""
    asked = yield from _asked(exam)
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
