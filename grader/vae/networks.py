"""What the checks of encoder and decoder share: models whose layers show what went into them, and
activations that students put where none belong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import expit, softmax

from grader.kit.check import Exam, Lost, Steps
from grader.kit.gradients import Point, Slopes, measure
from grader.kit.observation import Outcome
from grader.kit.outputs import gradients
from grader.kit.probe import Call, Probe
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
        """The same with layers that pass hidden units through, those of `shown`."""
        weights = dict(self.weights)
        for layer in layers:
            weights[f"{layer}.weight"] = scale * self._selection(layer)
            weights[f"{layer}.bias"] = np.zeros(len(weights[f"{layer}.bias"]))
        return replace(self, weights=weights)

    def reading_shown(self, *layers: str) -> Model:
        """The same with layers that depend on no other hidden units than those of `shown`."""
        weights = dict(self.weights)
        for layer in layers:
            read = self._selection(layer).any(axis=0)
            weights[f"{layer}.weight"] = weights[f"{layer}.weight"] * read
        return replace(self, weights=weights)

    def shown(self, layer: str, units: np.ndarray) -> np.ndarray:
        """The hidden units ``[rows, out]``, of ``[rows, hidden]``, that a layer would show."""
        return units @ self._selection(layer).T

    def hidden_of(self, layer: str, shown: np.ndarray) -> np.ndarray:
        """The hidden units ``[rows, hidden]`` from what a layer shows; zero where it doesn't."""
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
    weights[f"{first}.bias"] = np.where(off, -reach, reach).astype(np.float32).astype(np.float64)
    for layer in last:  # so that nothing saturates
        weights[f"{layer}.weight"] = weights[f"{layer}.weight"] / 4

    def changed(in_first: np.ndarray, in_last: np.ndarray) -> Model:
        found = dict(weights)
        found[f"{first}.weight"] = found[f"{first}.weight"] * in_first[:, None]
        found[f"{first}.bias"] = found[f"{first}.bias"] * np.abs(in_first)
        for layer in last:
            found[f"{layer}.weight"] = found[f"{layer}.weight"] * in_last
        return replace(model, weights=found)

    ones = np.ones(model.sizes.hidden)
    below, above = np.where(off, _APART, ones), np.where(off, ones, _APART)
    pairs = (ones, ones), (below, ones), (above, 1 / above), (-ones, ones)
    return tuple(changed(in_first, in_last) for in_first, in_last in pairs)


def is_behind_relu(base: Sequence[np.ndarray], *others: Sequence[np.ndarray]) -> bool:
    """Whether the results in models of `with_equal_units` are those of a ReLU."""
    *same, different = (
        all(close(part, first) for part, first in zip(came, base, strict=True)) for came in others
    )
    return all(same) and not different


def ask(exam: Exam, method: str, argument: str, models: Sequence[Model]) -> Steps[list[Outcome]]:
    """What one candidate's network makes of its inputs in each model."""
    probes = [_probe(model, method, argument) for model in models]
    return [came.outcomes[0] for came in (yield probes)]


@lru_cache(maxsize=64)  # one for all submissions of a course
def _probe(model: Model, method: str, argument: str) -> Probe:
    return Probe(model.sizes, model.weights, (Call(method, {argument: model.inputs}),))


def explained(actual: np.ndarray, before: np.ndarray) -> str | None:
    """The activation that turns ``before`` into ``actual``, if one does."""
    for name, activation in ACTIVATIONS.items():
        if close(actual, activation(before)):
            return name
    return None


def is_function_of(actual: np.ndarray, before: np.ndarray) -> bool:
    """Whether some activation, known or monotone, turns ``before`` into ``actual``.

    Where ``before`` has equal numbers, so must ``actual``.
    """
    if explained(actual, before) is not None:
        return True
    if not np.all(np.isfinite(actual)) or not np.ptp(actual):
        return False
    steps = np.diff(actual.ravel()[np.argsort(before.ravel(), kind="stable")])
    room = 1e-4 * np.ptp(actual)
    return bool(np.all(steps >= -room) or np.all(steps <= room))


def is_function_by_column(actual: np.ndarray, before: np.ndarray) -> bool:
    """Whether each column ``[rows]`` is some function of its own; a bias may be missing."""
    columns = zip(actual.T, before.T, strict=True)
    return is_function_of(actual, before) or all(is_function_of(a, b) for a, b in columns)


def judge_gradient(
    exam: Exam, point: Point, found: Slopes, right: Mapping[str, np.ndarray]
) -> Steps[None]:
    """Gradients are the right ones, or at least those of what the method returns.

    Args:
        exam: asks for more where they are not the right ones.
        point: where the gradients are asked for.
        found: what came.
        right: the right ones, by name.

    Raises:
        Lost: they are not.
    """
    names = tuple(name for name in right if not name.endswith("bias"))
    try:
        require_connected(found, names, f"`{point.method}`")
        require_slopes(found, right)
    except Lost as lost:
        # Asked by itself, so that what is random is the same as where values are asked for.
        alone = gradients((yield point.probe).outcomes[0], point.method)
        measured = yield from measure(exam, point, alone, len(names))
        if measured is None or not measured.agree:
            lost.is_shown = measured is not None and measured.repeats
            raise


def require_connected(
    found: Mapping[str, np.ndarray | None], names: tuple[str, ...], what: str
) -> None:
    """Every named input has a gradient that is finite and not all zero.

    Raises:
        Lost: one has not.
    """
    for name in names:
        gradient = found.get(name)
        if gradient is None:
            raise Lost(f"No gradient leads from {what} to {name}.", evidence={"parameter": name})
        if not np.all(np.isfinite(gradient)) or not np.any(gradient):
            raise Lost(
                f"The gradient of {what} in {name} is zero or not finite.",
                evidence={"parameter": name},
            )


def require_slopes(found: Mapping[str, np.ndarray | None], right: Mapping[str, np.ndarray]) -> None:
    """Every gradient is the right one.

    Raises:
        Lost: about the first one that is not.
    """
    for name, slope in right.items():
        came = found[name]
        if came is None or not close(came, slope):
            raise Lost(f"The gradient in {name} is wrong.", evidence={"parameter": name})
