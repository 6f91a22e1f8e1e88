"""Models of encoder and decoder whose layers show what went into them, and the activations that
students put where none belong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, softmax

from grader.kit.precision import as_single
from grader.kit.tolerance import close
from grader.vae.sizes import Sizes

ACTIVATIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda a: a,
    "ReLU": lambda a: np.maximum(a, 0.0),
    "sigmoid": expit,
    "tanh": np.tanh,
    "exp": np.exp,
    "exp of the half": lambda a: np.exp(a / 2),
    "exp of the double": lambda a: np.exp(2 * a),
    "softplus": lambda a: np.logaddexp(0.0, a),
    "absolute value": np.abs,
    "square": np.square,
    "sigmoid twice": lambda a: expit(expit(a)),
    "sigmoid of ReLU": lambda a: expit(np.maximum(a, 0.0)),
    "softmax": lambda a: softmax(a, -1),
    "log-sigmoid": lambda a: -np.logaddexp(0.0, -a),
    "tanh, moved to (0, 1)": lambda a: (np.tanh(a) + 1) / 2,
    "leaky ReLU": lambda a: np.where(a > 0, a, 0.01 * a),
    "leaky ReLU, steeper": lambda a: np.where(a > 0, a, 0.2 * a),
    "ELU": lambda a: np.where(a > 0, a, np.expm1(np.minimum(a, 0.0))),
}


_APART = 64.0
"""A power of two, so that nothing is rounded."""


@dataclass(frozen=True, eq=False)
class Model:
    """A model, and what the network under test is given in it: ``inputs [rows, units]``."""

    sizes: Sizes
    weights: dict[str, np.ndarray]
    inputs: np.ndarray

    def showing(self, *layers: str, scale: float = 1.0) -> Model:
        """Return the same with layers that pass hidden units through, those of `shown`."""
        weights = dict(self.weights)
        for layer in layers:
            weights[f"{layer}.weight"] = scale * self._selection(layer)
            weights[f"{layer}.bias"] = np.zeros(len(weights[f"{layer}.bias"]))
        return replace(self, weights=weights)

    def reading_shown(self, *layers: str) -> Model:
        """Return the same with layers that depend on no other hidden units than `shown` ones."""
        weights = dict(self.weights)
        for layer in layers:
            read = self._selection(layer).any(axis=0)
            weights[f"{layer}.weight"] = weights[f"{layer}.weight"] * read
        return replace(self, weights=weights)

    def shown(self, layer: str, units: np.ndarray) -> np.ndarray:
        """Return what a layer shows, ``[rows, out]``, of hidden ``units [rows, hidden]``."""
        return units @ self._selection(layer).T

    def hidden_of(self, layer: str, shown: np.ndarray) -> np.ndarray:
        """Return hidden units ``[rows, hidden]`` from what a layer shows; else they are zero."""
        selection = self._selection(layer)
        return shown @ selection / np.maximum(selection.sum(axis=0), 1)

    def _selection(self, layer: str) -> np.ndarray:
        # Spread over all units; where there are as many outputs as units, each shows its own.
        outputs, hidden = self.weights[f"{layer}.weight"].shape
        places = np.arange(outputs)
        chosen = places * hidden // outputs if outputs < hidden else places % hidden
        return np.eye(hidden)[chosen]


def with_equal_units(model: Model, first: str, last: tuple[str, ...]) -> tuple[Model, ...]:
    """Return models that tell a ReLU behind ``first`` from all else, whatever comes after it.

    In the first of them every other hidden unit is above 0 in all rows, and the rest are below.
    With a ReLU the next two have the same units, but for a factor that the ``last`` layers take
    back: where units were below 0 they are far below, and where they were above, far above. In the
    fourth one other units come about.
    """
    weights = dict(model.weights)
    slopes, off = weights[f"{first}.weight"], np.arange(model.sizes.hidden) % 2 == 0
    reach = 0.5 + np.max(np.abs(model.inputs @ slopes.T), axis=0)
    weights[f"{first}.bias"] = as_single(np.where(off, -reach, reach))
    for layer in last:  # so that nothing saturates
        weights[f"{layer}.weight"] = weights[f"{layer}.weight"] / 4

    def changed(in_first: np.ndarray, in_last: np.ndarray) -> Model:
        scaled = dict(weights)
        scaled[f"{first}.weight"] = scaled[f"{first}.weight"] * in_first[:, None]
        scaled[f"{first}.bias"] = scaled[f"{first}.bias"] * np.abs(in_first)
        for layer in last:
            scaled[f"{layer}.weight"] = scaled[f"{layer}.weight"] * in_last
        return replace(model, weights=scaled)

    ones = np.ones(model.sizes.hidden)
    below, above = np.where(off, _APART, ones), np.where(off, ones, _APART)
    pairs = (ones, ones), (below, ones), (above, 1 / above), (-ones, ones)
    return tuple(changed(in_first, in_last) for in_first, in_last in pairs)


def is_behind_relu(base: Sequence[np.ndarray], *others: Sequence[np.ndarray]) -> bool:
    """Return whether the results in models of `with_equal_units` are those of a ReLU."""
    *same, different = (all(map(close, results, base)) for results in others)
    return all(same) and not different


def is_function_of(actual: np.ndarray, before: np.ndarray) -> bool:
    """Return whether some activation, known or monotone, turns ``before`` into ``actual``.

    Where ``before`` has equal numbers, so must ``actual``.
    """
    if any(close(actual, activation(before)) for activation in ACTIVATIONS.values()):
        return True
    if not np.all(np.isfinite(actual)) or not np.ptp(actual):
        return False
    steps = np.diff(actual.ravel()[np.argsort(before.ravel(), kind="stable")])
    room = 1e-4 * np.ptp(actual)
    return bool(np.all(steps >= -room) or np.all(steps <= room))


def is_function_by_column(actual: np.ndarray, before: np.ndarray) -> bool:
    """Return whether each column ``[rows]`` is some function of its own; a bias may be missing."""
    columns = zip(actual.T, before.T, strict=True)
    return is_function_of(actual, before) or all(is_function_of(a, b) for a, b in columns)
