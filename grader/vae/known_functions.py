"""Functions that stand between layers, where they belong and where not, and their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import expit, log_softmax, ndtr, softmax

Function = Callable[[np.ndarray], np.ndarray]

_ERF = 0.7978845608028654
SIMPLE: Mapping[str, tuple[str, Function]] = {
    "none": ("{a}", lambda a: a),
    "relu": ("relu({a})", lambda a: np.maximum(a, 0.0)),
    "sigmoid": ("sigmoid({a})", expit),
    "tanh": ("tanh({a})", np.tanh),
    "exp": ("exp({a})", np.exp),
    "softplus": ("softplus({a})", lambda a: np.logaddexp(0.0, a)),
    "abs": ("the absolute value of {a}", np.abs),
    "square": ("the square of {a}", np.square),
    "cube": ("the third power of {a}", lambda a: a**3),
    "relu_squared": ("the square of relu({a})", lambda a: np.maximum(a, 0.0) ** 2),
    "relu_of_negative": ("relu(-{a})", lambda a: np.maximum(-a, 0.0)),
    "silu": ("silu({a})", lambda a: a * expit(a)),
    "gelu": ("gelu({a})", lambda a: a * ndtr(a)),
    "gelu_tanh": (
        "gelu({a})",
        lambda a: a * (1 + np.tanh(_ERF * (a + 0.044715 * a**3))) / 2,
    ),
    "elu": ("elu({a})", lambda a: np.where(a > 0, a, np.expm1(np.minimum(a, 0.0)))),
    "selu": (
        "selu({a})",
        lambda a: (
            1.0507009873554805
            * np.where(a > 0, a, 1.6732632423543772 * np.expm1(np.minimum(a, 0.0)))
        ),
    ),
    "mish": ("mish({a})", lambda a: a * np.tanh(np.logaddexp(0.0, a))),
    "hardswish": ("hardswish({a})", lambda a: a * np.clip(a + 3, 0, 6) / 6),
    "hardsigmoid": ("hardsigmoid({a})", lambda a: np.clip(a / 6 + 0.5, 0, 1)),
    "softsign": ("softsign({a})", lambda a: a / (1 + np.abs(a))),
    "logsigmoid": ("the logarithm of sigmoid({a})", lambda a: -np.logaddexp(0.0, -a)),
    "log_abs": ("the logarithm of the absolute value of {a}", lambda a: np.log(np.abs(a))),
    "log": ("the logarithm of {a}", np.log),
    "log_softplus": (
        "the logarithm of softplus({a})",
        lambda a: np.log(np.logaddexp(0.0, a)),
    ),
    "sqrt": ("the square root of {a}", np.sqrt),
    "sin": ("sin({a})", np.sin),
    "cos": ("cos({a})", np.cos),
    "atan": ("atan({a})", np.arctan),
    "sigmoid_twice": ("sigmoid(sigmoid({a}))", lambda a: expit(expit(a))),
    "sigmoid_of_relu": ("sigmoid(relu({a}))", lambda a: expit(np.maximum(a, 0.0))),
    "sigmoid_of_tanh": ("sigmoid(tanh({a}))", lambda a: expit(np.tanh(a))),
    "complement": ("1 - sigmoid({a})", lambda a: expit(-a)),
    "round": ("{a} rounded to a whole number", np.round),
    "tenths": ("{a} rounded to one digit after the point", lambda a: np.round(a, 1)),
    "hundredths": ("{a} rounded to two digits after the point", lambda a: np.round(a, 2)),
    "floor": ("{a} rounded down", np.floor),
    "half": ("1 where {a} is above 0.5, else 0", lambda a: (a > 0.5).astype(float)),
    "step": ("1 where {a} is above 0, else 0", lambda a: (a > 0).astype(float)),
    "sign": ("the sign of {a}", np.sign),
    "steps_of_sigmoid": ("sigmoid({a}) rounded", lambda a: np.round(expit(a))),
    "tenths_of_sigmoid": (
        "sigmoid({a}) rounded to one digit after the point",
        lambda a: np.round(expit(a), 1),
    ),
    "hundredths_of_sigmoid": (
        "sigmoid({a}) rounded to two digits after the point",
        lambda a: np.round(expit(a), 2),
    ),
    "sigmoid_squared": ("the square of sigmoid({a})", lambda a: expit(a) ** 2),
    "root_of_sigmoid": ("the square root of sigmoid({a})", lambda a: np.sqrt(expit(a))),
    "negative_part": ("the negative part of {a}", lambda a: np.minimum(a, 0.0)),
}
"""Functions without parameters: their words, and themselves."""


def _over(a: np.ndarray, norm: np.ndarray) -> np.ndarray:
    quotient: np.ndarray = a / norm
    return quotient


def _standard(a: np.ndarray, ddof: int = 0) -> np.ndarray:
    return _over(a - a.mean(-1, keepdims=True), a.std(-1, ddof=ddof, keepdims=True) + 1e-12)


BY_ROW: Mapping[str, tuple[str, Function]] = {
    "softmax": ("the softmax of {a} over each row", lambda a: softmax(a, -1)),
    "log_softmax": ("the logarithm of the softmax of {a}", lambda a: log_softmax(a, -1)),
    "unit_length": (
        "{a} divided by the length of each row",
        lambda a: _over(a, np.linalg.norm(a, axis=-1, keepdims=True)),
    ),
    "unit_sum": ("{a} divided by the sum of each row", lambda a: _over(a, a.sum(-1)[..., None])),
    "unit_max": (
        "{a} divided by the largest of each row",
        lambda a: _over(a, a.max(-1)[..., None]),
    ),
    "row_mean_off": ("{a} less the mean of each row", lambda a: a - a.mean(-1, keepdims=True)),
    "row_standardised": ("{a} with mean 0 and deviation 1 in each row", _standard),
    "row_standardised_by_sample": (
        "{a} with mean 0 and deviation 1 in each row",
        lambda a: _standard(a, 1),
    ),
    "min_max": (
        "{a} stretched to 0 and 1 in each row",
        lambda a: _over(a - a.min(-1)[..., None], np.ptp(a, axis=-1)[..., None]),
    ),
    "sorted": ("{a} sorted in each row", lambda a: np.sort(a, axis=-1)),
    "turned": ("{a} from right to left", lambda a: a[..., ::-1]),
    "rolled": ("{a} moved by one place", lambda a: np.roll(a, 1, -1)),
    "rolled_back": ("{a} moved by one place", lambda a: np.roll(a, -1, -1)),
    "summed": ("the running sum of {a}", lambda a: np.cumsum(a, axis=-1)),
}
"""Functions of a row, likewise."""
