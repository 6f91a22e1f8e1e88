"""The parts of an encoder or decoder, each as a function that was measured: what comes after the
heads, the activation, and what is done to the argument first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from grader.kit.tolerance import is_one_row
from grader.vae.curves import Curve, Measured, curve_of, number, taken_back
from grader.vae.known_functions import SIMPLE, Function
from grader.vae.network_questions import LEVEL, SHOWN, SLOPE, Seen, Stage, grids, scale_of
from grader.vae.network_task import NetworkTask, Results

_NEAR = 3.0
"""Numbers before a sigmoid that are far from its ends."""
Read = Callable[[Stage], tuple[Results, ...] | None]


@dataclass(frozen=True)
class Part:
    """A part that was measured.

    Attributes:
        curve: which function it is, or None if it is none that is known.
        layer: the layer that it comes after.
        in_training_only: whether it is right in eval mode.
    """

    curve: Curve | None
    layer: str
    in_training_only: bool = False


@dataclass(frozen=True)
class Parts:
    """The parts; None stands for one that can't be seen.

    Attributes:
        outputs: what comes after the heads, for each result.
        hidden: the activation.
        input: what is done to the argument.
    """

    outputs: tuple[Part | None, ...]
    hidden: Part | None
    input: Part | None


def parts_of(network: NetworkTask, seen: Seen) -> Parts:
    """Return what each part does."""
    places = range(len(network.results))
    outputs = tuple(_output(network, seen, place) for place in places)
    hidden, given = [], []
    for place in sorted(places, key=lambda place: not _is_right(network, outputs[place])):
        part = outputs[place] or Part(right_output(network), network.last[place])
        uses = depends(seen, place, f"{part.layer}.weight")
        if part.curve is None or part.curve.kind in ("constant", "unnamed") or not uses:
            continue  # nothing can be seen through it
        if one := _hidden(network, seen, place, part.curve):
            hidden.append(one)
            if one.curve and (start := _input(network, seen, place, (part.curve, one.curve))):
                given.append(start)
    return Parts(outputs, _worst(hidden, "relu"), _worst(given, "none"))


def _worst(parts: Sequence[Part], right: str) -> Part | None:
    """Return the first part that is known and wrong, or else the first one."""
    wrong = (part for part in parts if part.curve and part.curve.kind != right)
    return next(wrong, parts[0] if parts else None)


def right_output(network: NetworkTask) -> Curve:
    """Return what should come after a head."""
    kind = "none" if len(network.results) > 1 else "sigmoid"
    return Curve(kind, *SIMPLE[kind])


def depends(seen: Seen, place: int, name: str) -> bool:
    """Return whether a result is another one where a parameter is, as far as that was asked."""
    changed, base = seen.without[name], seen.together[0][place]
    return changed is None or not np.array_equal(changed[place], base)


def _is_right(network: NetworkTask, part: Part | None) -> bool:
    return bool(part and part.curve and part.curve.kind == right_output(network).kind)


def _room(network: NetworkTask, seen: np.ndarray) -> np.ndarray:
    relative, least = (2e-5, 1.0) if len(network.results) > 1 else (2e-5, 0.1)
    room: np.ndarray = relative * np.maximum(least, np.abs(np.nan_to_num(seen)))
    return room


def _rows(stage: Stage | None, place: int, training: bool = True) -> np.ndarray | None:
    """Return what came of each call, ``[calls, width]``, in one of the modes."""
    results = None if stage is None else stage.training if training else stage.evaluating
    return None if results is None else np.stack([call[place][1] for call in results[::2]])


def _part(
    network: NetworkTask, measure: Callable[[bool], Measured | None], right: Curve, layer: str
) -> Part | None:
    measured = measure(True)
    if measured is None:
        return None
    if measured.fits(right.value):
        return Part(right, layer)
    curve = curve_of(measured)
    evaluating = measure(False)
    return Part(curve, layer, evaluating is not None and evaluating.fits(right.value))


def _output(network: NetworkTask, seen: Seen, place: int) -> Part | None:
    """Return what comes after the head of a result."""
    grid, parts = grids(network, seen.sizes)["output"], []
    for head in sorted(range(len(grid)), key=lambda head: head != place):
        layer = network.last[head]
        uses = depends(seen, place, f"{layer}.bias")
        stage = seen.stages["output" if uses else "output_by_weight"]
        by_weight = all(
            depends(seen, place, name) for name in (f"{layer}.weight", f"{network.first}.bias")
        )
        if not stage.repeats or not (uses or by_weight):
            continue

        def measure(
            training: bool, stage: Stage = stage, given: np.ndarray = grid[head]
        ) -> Measured | None:
            rows = _rows(stage, place, training)
            if rows is None:
                return None
            return Measured(given[None], rows, _room(network, rows), lambda a: a, rows)

        part = _part(network, measure, right_output(network), layer)
        if part is not None:
            of_bias = uses and by_weight and _is_of_bias(network, seen, place, grid[head])
            parts.append(_bias_alone(network, part) if of_bias else part)
    if not parts and seen.stages["output"].repeats:
        return _constant(network, seen, place)
    known = next((part for part in parts if part.curve), parts[0] if parts else None)
    if known and known.curve is None and len(network.results) == 1:
        return _unnamed(network, seen, known, grid[place])
    return known


def _unnamed(network: NetworkTask, seen: Seen, part: Part, given: np.ndarray) -> Part:
    """Return a part of no known function with what it gives at one place, far from what is due."""
    stage = seen.stages["output"]
    rows = _rows(stage, 0) if stage.repeats else None
    if rows is None or rows.shape[-1] != given.shape[-1] or not is_one_row(rows):
        return part
    due = right_output(network).value(given)
    at = int(np.argmax(np.abs(rows[0] - due) * (np.abs(given) <= _NEAR)))
    came, given_there = number(float(rows[0, at])), number(float(given[at]))
    words = f"theta is {came} where {part.layer} gives {given_there}"
    curve = Curve("unnamed", words, lambda a: np.full_like(a, np.nan))
    return Part(curve, part.layer, part.in_training_only)


def _is_of_bias(network: NetworkTask, seen: Seen, place: int, given: np.ndarray) -> bool:
    """Return whether a head is right where its weight, not its bias, makes what it gives."""
    stage = seen.stages["output_by_weight"]
    rows = _rows(stage, place) if stage.repeats else None
    if rows is None:
        return False
    measured = Measured(given[None], rows, _room(network, rows), lambda a: a, rows)
    return measured.fits(right_output(network).value)


def _bias_alone(network: NetworkTask, part: Part) -> Part:
    """Return a part that is wrong only where a bias enters, as one that is about the bias."""
    right = right_output(network)
    if part.curve is None:
        return Part(Curve("other_bias", "", right.value), part.layer, part.in_training_only)
    if part.curve.kind == right.kind:
        return part
    given = np.array([1.0, -0.5])
    with np.errstate(all="ignore"):
        factors = taken_back(right.value, part.curve.value(given)) / given
    is_line = np.all(np.isfinite(factors)) and np.ptp(factors) < 1e-3 * np.max(np.abs(factors))
    words = number(float(factors[0])) if is_line else ""
    kind = "bias_multiplied" if is_line else "other_bias"
    return Part(Curve(kind, words, right.value), part.layer, part.in_training_only)


def _constant(network: NetworkTask, seen: Seen, place: int) -> Part | None:
    """Return the part of a result that depends on no head at all, if it is one number."""
    base = seen.together[0][place]
    if np.ptp(base) > 1e-6:
        return None
    level = float(base.flat[0])
    evaluating = seen.evaluating
    in_training = evaluating is not None and bool(np.ptp(evaluating[0][place]) > 1e-6)
    curve = Curve("constant", f"{level:.3g}", lambda a: np.full_like(a, level))
    return Part(curve, network.last[place], in_training)


def _fitted(array: np.ndarray, width: int) -> np.ndarray:
    """Return the first ``width`` columns; those that are missing are zero."""
    missing = max(0, width - array.shape[1])
    return np.pad(array[:, :width], ((0, 0), (0, missing)))


def _measured(
    network: NetworkTask, given: np.ndarray, rows: np.ndarray, steps: Function, simple: bool
) -> Measured:
    """Return what was seen of a function through ``steps``; if simple, no numbers meet in them."""
    n = min(SHOWN, rows.shape[1])
    inverse = np.full((len(rows), n), np.nan)
    if simple:
        inverse = taken_back(lambda v: steps(v)[:, :n], rows[:, :n])
    return Measured(given, rows, _room(network, rows), steps, inverse)


def _hidden(network: NetworkTask, seen: Seen, place: int, output: Curve) -> Part | None:
    """Return the activation, seen through what comes after a head."""
    by_weight = not depends(seen, place, f"{network.first}.bias")
    names = ("hidden_by_weight",) if by_weight else ("hidden", "hidden_negated")
    stages = [seen.stages[name] for name in names]
    if not all(stage.repeats for stage in stages):
        return None
    signs = scale_of(network) * np.array([1.0, -1.0])[: len(names), None]
    given = grids(network, seen.sizes)["hidden"][: len(names)]
    width = network.width(seen.sizes)

    def measure(training: bool) -> Measured | None:
        rows = [_rows(stage, place, training) for stage in stages]
        if any(row is None for row in rows):
            return None
        shown = np.concatenate([row for row in rows if row is not None])

        def steps(units: np.ndarray) -> np.ndarray:
            return output.value(signs * _fitted(units, width))

        return _measured(network, given, shown, steps, not output.by_row)

    return _part(network, measure, Curve("relu", *SIMPLE["relu"]), network.first)


def _input(network: NetworkTask, seen: Seen, place: int, later: tuple[Curve, Curve]) -> Part | None:
    """Return what is done to the argument, seen through activation and output."""
    output, hidden = later
    stage, given = seen.stages["input"], grids(network, seen.sizes)["input"]
    level = LEVEL if depends(seen, place, f"{network.first}.bias") else 0.0
    if not stage.repeats:
        return None
    width, scale = network.width(seen.sizes), scale_of(network)

    def steps(inputs: np.ndarray) -> np.ndarray:
        units = level + SLOPE * _fitted(inputs[:, :SHOWN], seen.sizes.hidden)
        return output.value(scale * _fitted(hidden.value(units), width))

    def measure(training: bool) -> Measured | None:
        rows = _rows(stage, place, training)
        simple = not (output.by_row or hidden.by_row)
        return None if rows is None else _measured(network, given, rows, steps, simple)

    return _part(network, measure, Curve("none", *SIMPLE["none"]), network.argument)
