"""Whether gradients are the derivatives of what a method returns, whatever it computes.

A method that computes another function than asked for still has to have that function's gradient.
So its derivative is measured, by central differences of what the method itself returns, along one
direction in each layer and each argument. The candidate's generators start anew in every model, so
that a method that draws its noise from them gives the same noise each time.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.kit import outputs
from grader.kit.check import Exam, Lost, Steps
from grader.kit.observation import Failure, Outcome, Value
from grader.kit.precision import as_single
from grader.kit.probe import Call, Probe, Sizes, Stubs
from grader.kit.tolerance import close

_STEP = 2e-3
_FAR, _ELSEWHERE = 0.1, 99
"""How far away, of a layer's length, another point is, and the key of the direction there."""
_RELATIVE = 0.04
"""Room for curvature, and for units at the kink of their activation."""
_ROUNDING = 1e-6
"""Of the length of what is added up: single precision, whose errors are independent."""

Weights = Mapping[str, np.ndarray]
"""Arrays by name."""
Slopes = Mapping[str, np.ndarray | None]
"""Gradients by name; None where no graph leads there."""


@dataclass(frozen=True, eq=False)
class Point:
    """A call whose gradient is judged.

    Attributes:
        sizes: the model's.
        weights: ``layer.weight`` and ``layer.bias``; none for a method without layers.
        method: its name.
        arguments: by name.
        cotangents: what the values are weighted with to make one number.
        differentiate: the arguments that have a gradient.
        stubs: the helpers that have one.
    """

    sizes: Sizes
    weights: Weights
    method: str
    arguments: Mapping[str, np.ndarray]
    cotangents: tuple[np.ndarray, ...]
    differentiate: tuple[str, ...] = ()
    stubs: Stubs | None = None

    @property
    def call(self) -> Call:
        """The call with its gradient."""
        return Call(self.method, self.arguments, self.cotangents, self.differentiate)

    @property
    def probe(self) -> Probe:
        """Asks for the gradient here."""
        return Probe(self.sizes, self.weights, (self.call,), self.stubs)

    @property
    def value_probe(self) -> Probe:
        """Asks for the value alone."""
        call = Call(self.method, self.arguments)
        return Probe(self.sizes, self.weights, (call,), self.stubs)

    def moved(self, directions: Weights, step: float) -> Point:
        """Return the same call a step away."""

        def move(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {
                name: as_single(array + step * directions[name]) if name in directions else array
                for name, array in arrays.items()
            }

        return replace(self, weights=move(self.weights), arguments=move(self.arguments))


@dataclass(frozen=True)
class Measured:
    """Derivatives along directions, of a method's own values and by its gradient.

    Attributes:
        actual, predicted: a number for each of them.
        usual: how large it is for such a gradient along directions of this length.
        room: how far they may differ by rounding.
        repeats: whether the same question has the same answer.
    """

    actual: np.ndarray
    predicted: np.ndarray
    usual: np.ndarray
    room: np.ndarray
    repeats: bool

    @property
    def alike(self) -> np.ndarray:
        """Along which directions the gradient is the derivative."""
        # A direction may happen to lie across the gradient.
        sizes = np.maximum(np.abs(self.actual), np.maximum(np.abs(self.predicted), self.usual))
        alike: np.ndarray = np.abs(self.actual - self.predicted) <= self.room + _RELATIVE * sizes
        return alike

    @property
    def agree(self) -> bool:
        """Whether the gradient is the derivative, and is not zero everywhere."""
        return bool(np.all(self.alike) and np.any(self.predicted))

    def corrected(self, closer: Measured) -> Measured:
        """Return the same with another measurement where this one finds a difference."""
        return replace(
            self,
            actual=np.where(self.alike, self.actual, closer.actual),
            room=np.where(self.alike, self.room, closer.room),
        )


def measure(exam: Exam, point: Point, slopes: Slopes, key: int) -> Steps[Measured | None]:
    """Measure the derivative beside the gradient ``slopes`` at a point; None where a call failed.

    Where they differ, a smaller step along the same directions has the last word: less lies on the
    other side of a kink then.
    """
    directions = _directions(point, exam.generator(7, key))
    measured = yield from _measured(exam, point, slopes, directions, _STEP)
    if measured is None or measured.agree or not measured.repeats:
        return measured
    closer = yield from _measured(exam, point, slopes, directions, _STEP / 4)
    return measured if closer is None else measured.corrected(closer)


def judge_gradient(
    exam: Exam, point: Point, gradients: Slopes, right: Mapping[str, np.ndarray]
) -> Steps[None]:
    """Require gradients that are the right ones, or at least those of what the method returns.

    Args:
        exam: asks for more where they are not the right ones.
        point: where the gradients are asked for.
        gradients: what came.
        right: the right ones, by name.

    Raises:
        Lost: they are not.
    """
    names = [name for name in right if not name.endswith("bias")]
    try:
        _require(gradients, right, names, f"`{point.method}`")
    except Lost as lost:
        measured = yield from _measured_alone(exam, point, len(names))
        if measured is None or not measured.agree:
            lost.is_shown = measured is not None and measured.repeats
            # A unit that happens to be at its kink here is not at it elsewhere.
            elsewhere = _elsewhere(exam, point)
            measured = yield from _measured_alone(exam, elsewhere, len(names) + 1)
            if measured is None or not measured.agree:
                raise


def _measured_alone(exam: Exam, point: Point, key: int) -> Steps[Measured | None]:
    """Ask for the gradient at a point, and measure the derivative beside it."""
    # Asked by itself, so that what is random is the same as where values are asked for.
    slopes = outputs.gradients((yield point.probe).outcomes[0], point.method)
    return (yield from measure(exam, point, slopes, key))


def _elsewhere(exam: Exam, point: Point) -> Point:
    """Return the same call in a model that is a little different."""
    directions = _directions(point, exam.generator(7, _ELSEWHERE))
    return point.moved(dict(ChainMap(*directions)), _FAR)


def _require(
    gradients: Slopes, right: Mapping[str, np.ndarray], connected: Sequence[str], what: str
) -> None:
    """Require that every gradient is the right one, and that those of some names arrive.

    Raises:
        Lost: about the first one that is not.
    """
    for name in connected:
        gradient = gradients.get(name)
        if gradient is None:
            raise Lost(f"No gradient leads from {what} to {name}.", evidence={"parameter": name})
        if not np.all(np.isfinite(gradient)) or not np.any(gradient):
            raise Lost(
                f"The gradient of {what} in {name} is zero or not finite.",
                evidence={"parameter": name},
            )
    for name, slope in right.items():
        gradient = gradients[name]
        if gradient is None or not close(gradient, slope):
            raise Lost(f"The gradient in {name} is wrong.", evidence={"parameter": name})


def _measured(
    exam: Exam,
    point: Point,
    slopes: Slopes,
    directions: Sequence[Mapping[str, np.ndarray]],
    step: float,
) -> Steps[Measured | None]:
    probes = [point.value_probe, point.value_probe]
    for direction in directions:
        probes += [point.moved(direction, sign * step).value_probe for sign in (1, -1)]
    values = [_weighted(seen.outcomes[0], point) for seen in (yield probes)]
    if any(value is None for value in values):
        return None
    sums = np.array([value for value in values if value is not None])
    return Measured(
        (sums[2::2, 0] - sums[3::2, 0]) / (2 * step),
        np.array([_along(direction, slopes) for direction in directions]),
        np.array([_usual(direction, slopes) for direction in directions]),
        np.full(len(directions), _ROUNDING * sums[0, 1] / step),
        bool(np.isclose(sums[0, 0], sums[1, 0], rtol=1e-5, atol=1e-6)),
    )


def _directions(point: Point, rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    """Return a direction for each layer, as long as its weights, and each argument, of length one.

    Steps of one length would be lost in rounding where there are many weights.
    """
    groups: dict[str, dict[str, np.ndarray]] = {}
    arguments = {name: point.arguments[name] for name in point.differentiate}
    for name, array in {**point.weights, **arguments}.items():
        groups.setdefault(name.split(".")[0], {})[name] = rng.standard_normal(array.shape)
    directions = []
    for group in groups.values():
        weights = _length([point.weights[name] for name in group if name in point.weights])
        scale = max(weights, 1.0) / _length(list(group.values()))
        directions.append({name: scale * part for name, part in group.items()})
    return directions


def _length(arrays: Sequence[np.ndarray]) -> float:
    return float(np.sqrt(sum(np.sum(array**2) for array in arrays)))


def _weighted(outcome: Outcome, point: Point) -> tuple[float, float] | None:
    """Return the sum of the values times the cotangents, and the length of what is added."""
    if isinstance(outcome, Failure):
        return None
    value = outcome.values[0]
    total = squares = 0.0
    for item, cotangent in zip(value.items or (value,), _cotangents(value, point), strict=False):
        if item.array is None:
            return None
        part = item.array.astype(np.float64).ravel()
        # A value of another size is met by ones, as the candidate meets it.
        weights = cotangent.ravel() if cotangent.size == part.size else 1.0
        total += float(np.sum(weights * part))
        squares += float(np.sum((weights * part) ** 2))
    return (total, float(np.sqrt(squares))) if np.isfinite(total) else None


def _cotangents(value: Value, point: Point) -> Sequence[np.ndarray]:
    """Return what the values are weighted with, as the candidate does where they are one tensor."""
    given = point.cotangents
    if value.array is None or len(given) == 1 or value.array.size != sum(c.size for c in given):
        return given
    in_rows = value.array.ndim > 1 and len(value.array) == len(given[0])
    return (np.concatenate(given, axis=1 if in_rows else 0),)


def _along(direction: Weights, slopes: Slopes) -> float:
    pairs = ((slopes.get(name), part) for name, part in direction.items())
    return sum(float(np.sum(s * part)) for s, part in pairs if s is not None)


def _usual(direction: Weights, slopes: Slopes) -> float:
    along = [slope for name in direction if (slope := slopes.get(name)) is not None]
    numbers = sum(part.size for part in direction.values())
    return _length(along) * _length(list(direction.values())) / float(np.sqrt(numbers))
