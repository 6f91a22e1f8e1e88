"""The smallest case on which a method fails, as lines that a student can try.

A task has cases for each of its checks, the smallest first. All that are about lost checks are
put to a class at once, and of each check the first that comes out wrong is shown. What lines
print is told from what candidates return, so nothing is shown that can't be read off twice, or that
rounding might turn into something else on another machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from grader.kit.check import Lost, Steps
from grader.kit.failures import CLASS_NAME
from grader.kit.observation import Observation, Returned, Value
from grader.kit.probe import Call, Probe, Sizes

DECIMALS = 3
_REPEATS, _LARGE, _FEW_REPEATS = 8, 1000, 4
"""Calls with the same arguments; fewer of large batches."""
_MOST = 200
"""Characters that anybody reads of what is printed."""
_AT_FIRST = 3
"""Cases of a check that are asked before the others."""
_ROOM = 4e-6
"""Of a number, and of 1: what single precision leaves open."""
_SHORT = 8
"""Multiples of 1 over this print the same in single and double precision."""

PLACED, MOVED = "<, device>", "<.to(device)>"
"""Where lines name the device that a tensor is made on, or a model is moved to, if need be."""


_UNREADABLE = (Lost, ValueError, LookupError, TypeError)
"""What readers raise for numbers in another form than theirs: a student may return anything."""


class Printed(NamedTuple):
    """What is printed of an expression, and what is right; both read differently."""

    expression: str
    got: str
    right: str


@dataclass(frozen=True)
class Example:
    """Lines that show an error: ``setup``, and then the ``expression`` that they print."""

    setup: tuple[str, ...]
    expression: str
    got: str
    right: str

    def code(self, kind: str, device: str = "") -> str:
        """Return the lines as a student pastes them.

        Args:
            kind: name of the class.
            device: its name where one matters.
        """
        lines = "\n".join((*self.setup, f"print({self.expression})")).replace(CLASS_NAME, kind)
        lines = lines.replace(MOVED, f".to({device})" if device else "")
        return lines.replace(PLACED, f", device={device}" if device else "")


Room = float | np.ndarray
Read = Callable[[Sequence[Returned]], Printed | None]
"""Says what is printed of what calls returned; None where it is right, or can't be told."""


@dataclass(frozen=True, eq=False)
class Case:
    """Lines that may show an error.

    Attributes:
        setup: all lines but the last.
        probes: what is asked to know what they print; each builds a model anew, as the lines do.
        read: what is printed of the outcomes.
    """

    setup: tuple[str, ...]
    probes: tuple[Probe, ...]
    read: Read


Cases = Callable[[frozenset[str]], Mapping[str, Sequence[Case]]]
"""Makes the cases of a task's checks, the smallest first, given the ids of those that are lost."""


_STATE = Call("state_dict", {})
"""Tells how many tensors a model holds."""


def one_after_the_other(first: Probe, second: Probe) -> Probe:
    """Return a probe of the calls of two, of the same model: the second may depend on the first."""
    calls = [call for probe in (first, second) for call in probe.calls if call is not _STATE]
    return Probe(first.sizes, first.weights, (*calls, _STATE) if first.weights else tuple(calls))


def ask_often(
    sizes: Sizes,
    weights: Mapping[str, np.ndarray],
    method: str,
    arguments: Mapping[str, np.ndarray | int],
    **more: Any,
) -> Probe:
    """Make a probe of a call that is made often, for what comes of chance shows itself then.

    ``weights`` are all that the model holds, or none where they don't matter.
    """
    (size,) = {v if isinstance(v, int) else v.size for v in list(arguments.values())[:1]}
    repeat = _FEW_REPEATS if size > _LARGE else _REPEATS
    call = Call(method, arguments, repeat=repeat, keep=True, **more)
    return Probe(sizes, weights, (call, _STATE) if weights else (call,))


def first_failing(cases: Mapping[str, Sequence[Case]]) -> Steps[dict[str, Example]]:
    """Ask the cases, the first ones first, and return the first that fails of each check."""
    examples: dict[str, Example] = {}
    for first, last in ((0, _AT_FIRST), (_AT_FIRST, None)):
        asked = {
            check: of_one[first:last] for check, of_one in cases.items() if check not in examples
        }
        probes = {p.digest: p for of_one in asked.values() for case in of_one for p in case.probes}
        if not probes:
            continue
        observations = yield list(probes.values())
        outcomes = dict(zip(probes, map(_outcomes, observations, probes.values()), strict=True))
        for check, of_one in asked.items():
            found = (_example(case, outcomes) for case in of_one)
            example = next((example for example in found if example is not None), None)
            if example is not None:
                examples[check] = example
    return examples


def _outcomes(observation: Observation, probe: Probe) -> list[Returned] | None:
    """Return what came of all calls; None if one failed, or the model holds more than is known.

    What is in other layers is drawn when a model is made, so it is not what a student finds.
    """
    returned = [outcome for outcome in observation.outcomes if isinstance(outcome, Returned)]
    if len(returned) < len(observation.outcomes):
        return None
    if probe.calls[-1] is not _STATE:
        return returned
    return returned[:-1] if len(returned[-1].values[0].items) == len(probe.weights) else None


def _example(case: Case, outcomes: Mapping[bytes, list[Returned] | None]) -> Example | None:
    of_probes = [outcomes[probe.digest] for probe in case.probes]
    returned = [outcome for of_one in of_probes if of_one is not None for outcome in of_one]
    if None in of_probes:
        return None
    try:
        printed = case.read(returned)
    except _UNREADABLE:
        return None
    if printed is None or len(printed.got) > _MOST:
        return None
    return Example(case.setup, *printed)


def repeated(outcome: Returned) -> Value | None:
    """Return what all calls have returned; None where that differs."""
    first, *others = outcome.values
    return first if all(_is_same(first, other) for other in others) else None


def _is_same(first: Value, second: Value) -> bool:
    if (first.form, first.type, len(first.items)) != (second.form, second.type, len(second.items)):
        return False
    if first.array is not None and second.array is not None:
        return np.array_equal(first.array, second.array, equal_nan=_is_float(first.array))
    return (first.array is second.array) and all(map(_is_same, first.items, second.items))


def _is_float(array: np.ndarray) -> bool:
    return array.dtype.kind in "fc"


def tensor_numbers(value: Value | None) -> np.ndarray | None:
    """Return the numbers of a real tensor as they are; None for anything else."""
    if value is None or value.form != "tensor" or value.array is None:
        return None
    return None if value.array.dtype.kind == "c" else value.array


def printed_numbers(
    expression: str,
    actual: np.ndarray | None,
    right: np.ndarray,
    decimals: int = DECIMALS,
    rooms: tuple[Room, Room] = (0.0, 0.0),
) -> Printed | None:
    """Return how numbers of a tensor print that are wrong; None if they read as the right ones.

    Args:
        expression: the tensor.
        actual: what it holds; None where that isn't known.
        right: what it should hold.
        decimals: to which both are rounded, unless they are short.
        rooms: how far each may be off besides rounding errors, such as by chance.
    """
    if actual is None or (is_same(actual, right, decimals) and actual.size == right.size):
        return None
    if not any(map(np.any, rooms)) and _is_short(actual) and _is_short(right):
        return Printed(f"{expression}.tolist()", str(actual.tolist()), _text(right + 0.0, decimals))
    if not (_is_steady(actual, decimals, rooms[0]) and _is_steady(right, decimals, rooms[1])):
        return None
    double = "" if ".double()" in expression else ".double()"
    tail = f"{double}.round(decimals={decimals}).tolist()"
    return Printed(expression + tail, _text(actual, decimals), _text(right + 0.0, decimals))


def is_same(actual: np.ndarray, right: np.ndarray, decimals: int = DECIMALS) -> bool:
    """Return whether as many numbers read the same, in whatever shape."""
    if actual.size != right.size:
        return False
    first, second = (np.round(n.astype(np.float64).ravel(), decimals) for n in (actual, right))
    return bool(np.all((first == second) | (np.isnan(first) & np.isnan(second))))


def _text(numbers: np.ndarray, decimals: int) -> str:
    return str(np.round(numbers.astype(np.float64), decimals).tolist())


def _is_short(numbers: np.ndarray) -> bool:
    scaled = numbers.astype(np.float64) * _SHORT
    with np.errstate(invalid="ignore"):
        whole = (scaled == np.rint(scaled)) & (np.abs(scaled) < 1e4)
    return bool(np.all(whole | ~np.isfinite(scaled)))


def _is_steady(numbers: np.ndarray, decimals: int, room: Room) -> bool:
    """Return whether numbers read the same if they are a little off."""
    exact = numbers.astype(np.float64)
    off = np.where(np.isfinite(exact), room + _ROOM * (1 + np.abs(exact)), 0.0)
    low, high = (np.round(exact + sign * off, decimals) for sign in (-1, 1))
    # A small number prints as 0.0 or as -0.0; one that is 0 stays so.
    has_sign = (low != 0) | (np.abs(exact) > off) | ((exact == 0) & (np.asarray(room) == 0))
    return bool(np.all(((low == high) & has_sign) | np.isnan(exact)))


def printed_words(expression: str, got: object, right: object) -> Printed | None:
    """Return how something prints whose text is known, if it is wrong."""
    return None if str(got) == str(right) else Printed(expression, str(got), str(right))


def printed_shape(name: str, value: Value | None, right: Iterable[int]) -> Printed | None:
    """Return how the shape of a tensor prints that is wrong."""
    array = tensor_numbers(value)
    if array is None:
        return None
    got, wanted = (f"torch.Size({list(shape)})" for shape in (array.shape, right))
    return printed_words(f"{name}.shape", got, wanted)


_TYPES = {"tuple": "tuple", "list": "list", "dict": "dict", "ndarray": "ndarray"}


def printed_type(name: str, value: Value | None) -> Printed | None:
    """Return how the type prints of something that should be a tensor and is none."""
    if value is None:
        return None
    kind = _TYPES.get(value.form, value.type if value.form == "other" else "")
    if value.form == "number":
        kind = {"float64": "float", "int64": "int", "bool": "bool"}.get(value.type, "")
    return printed_words(f"type({name}).__name__", kind, "Tensor") if kind else None
