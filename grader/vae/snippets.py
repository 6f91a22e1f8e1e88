"""Lines for a student's notebook: a tiny model, tensors, and what is printed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from grader.kit.example import (
    MOVED,
    PLACED,
    Case,
    Printed,
    ask_often,
    printed_numbers,
    printed_words,
    repeated,
    tensor_numbers,
)
from grader.kit.failures import CLASS_NAME
from grader.kit.observation import Returned, Value
from grader.kit.probe import Probe
from grader.vae import fixtures
from grader.vae.sizes import Sizes

_MANY = 100
"""So many numbers are not written out."""
_LINE = 75
"""Characters of a line that a terminal shows whole, under a heading."""
TINY = "tiny"
"""Name of the model: the notebook's own must stay what it is."""

Arguments = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Tiny:
    """A model whose layers are filled with a number each.

    Attributes:
        sizes: of the model.
        layers: those that are filled; none where no layer matters.
        weight, bias: what they are filled with.
        others: parameters that hold another number, by name.
    """

    sizes: Sizes
    layers: tuple[str, ...] = ()
    weight: float = 0.0
    bias: float = 0.0
    others: tuple[tuple[str, float], ...] = ()

    def but(self, **others: float) -> Tiny:
        """Return the same with other numbers in parameters such as ``linear1_bias``."""
        named = {name.replace("_", "."): float(value) for name, value in others.items()}
        changed = {
            name: value
            for name, value in {**dict(self.others), **named}.items()
            if value != (self.weight if name.endswith("weight") else self.bias)
        }
        return replace(self, others=tuple(changed.items()))

    @property
    def lines(self) -> tuple[str, ...]:
        """Code that makes it."""
        made = f"{TINY} = {CLASS_NAME}({', '.join(map(str, self.sizes))}){MOVED}"
        return (made, *self._filled, *self.fills(self.others)) if self.layers else (made,)

    @property
    def _filled(self) -> tuple[str, ...]:
        if self.weight == self.bias:
            all_alike = f"    parameter.data.fill_({self.weight:g})"
            return (f"for parameter in {TINY}.parameters():", all_alike)
        layers = ", ".join(f"{TINY}.{layer}" for layer in self.layers)
        numbers = f".weight.data.fill_({self.weight:g}), layer.bias.data.fill_({self.bias:g})"
        return (f"for layer in ({layers}):", f"    layer{numbers}")

    @staticmethod
    def fills(others: Sequence[tuple[str, float]]) -> tuple[str, ...]:
        """Return code that fills parameters."""
        filled = [f"{TINY}.{name}.data.fill_({value:g})" for name, value in others]
        pairs = ("; ".join(filled[n : n + 2]) for n in range(0, len(filled), 2))
        return tuple(line for pair in pairs for line in _split(pair))

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """All its parameters by name, those of other layers 0; none where no layer matters."""
        filled = {}
        for name, zero in fixtures.zeros(self.sizes).items() if self.layers else ():
            layer, _, parameter = name.partition(".")
            number = self.weight if parameter == "weight" else self.bias
            of_layer = number if layer in self.layers else 0.0
            filled[name] = zero + dict(self.others).get(name, of_layer)
        return filled


def _split(pair: str) -> list[str]:
    """Return two statements on a line, or on two if it gets too long."""
    return [pair] if len(pair) <= _LINE else pair.split("; ")


def tensor(numbers: np.ndarray) -> str:
    """Return code that makes a tensor."""
    array = np.asarray(numbers, np.float64)
    rows, columns = array.shape
    if array.size > 8 and len(np.unique(array)) == 1:
        return f"torch.full({tuple(array.shape)}, {float(array.flat[0])}{PLACED})"
    if rows > 2 and columns == 1 and np.array_equal(array[:, 0], np.arange(rows)):
        return f"torch.arange({rows}.0{PLACED}).reshape({rows}, 1)"
    for axis, few in ((0, array[:1]), (1, array[:, :1])):
        if array.size > _MANY and not np.any(np.ptp(array, axis=axis)):
            times = (rows, 1) if axis == 0 else (1, columns)
            return f"{tensor(few)}.repeat{times}"
    return f"torch.tensor({array.tolist()}{PLACED})"


def bound(arguments: Arguments) -> tuple[str, ...]:
    """Return lines that bind arguments to their names, one if that is not too long."""
    made = {name: tensor(array) for name, array in arguments.items()}
    line = f"{', '.join(made)} = {', '.join(made.values())}"
    if len(line.replace(PLACED, "")) <= _LINE:
        return (line,)
    return tuple(f"{name} = {code}" for name, code in made.items())


def call(method: str, arguments: Arguments) -> str:
    """Return code that calls a method of the tiny model with arguments that have names."""
    return f"{TINY}.{method}({', '.join(arguments)})"


def ask(tiny: Tiny, method: str, arguments: Mapping[str, np.ndarray | int], **more: Any) -> Probe:
    """Make a probe that calls a method of a tiny model often."""
    return ask_often(tiny.sizes, tiny.weights, method, arguments, **more)


def arrays(*numbers: Sequence[Sequence[float]] | np.ndarray) -> tuple[np.ndarray, ...]:
    """Return arrays in double precision."""
    return tuple(np.asarray(array, np.float64) for array in numbers)


def one_case(
    setup: Sequence[str], probe: Probe, read: Callable[[Value, Returned], Printed | None]
) -> Case:
    """Make a case of one call whose value is always the same, or it says nothing."""

    def both(outcomes: Sequence[Returned]) -> Printed | None:
        value = repeated(outcomes[0])
        return None if value is None else read(value, outcomes[0])

    return Case(tuple(setup), (probe,), both)


def differs_case(setup: Sequence[str], probe: Probe, expression: str, wanted: bool) -> Case:
    """Make a case of two calls that should return the same, or (``wanted``) should not.

    The ``expression`` is one of the calls.
    """

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        values = outcomes[0].values
        parts = [v.items[0] if v.items and expression.endswith("[0]") else v for v in values]
        numbers = [array for array in map(tensor_numbers, parts) if array is not None]
        if len(numbers) < len(parts) or any(np.isnan(array).any() for array in numbers):
            return None
        same = [bool(np.array_equal(one, other)) for one, other in combinations(numbers, 2)]
        if any(same) != all(same):  # it may be either
            return None
        return printed_words("torch.equal(first, second)", same[0], not wanted)

    calls = (f"{name} = {expression}" for name in ("first", "second"))
    return Case((*setup, *calls), (probe,), read)


def changed_case(setup: Sequence[str], probe: Probe, arguments: Arguments) -> Case:
    """Make a case of arguments that should be what they were before the call."""

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        for name, array in arguments.items():
            kept = outcomes[0].kept.get(name)
            if kept is not None and kept.array is not None:
                printed = printed_numbers(name, kept.array, array)
                if printed is not None:
                    return printed
        return None

    return Case(tuple(setup), (probe,), read)


def drawn_over_case(
    setup: Sequence[str], probe: Probe, arguments: Arguments, of_call: str
) -> Iterator[Case]:
    """Yield cases of arguments that are changed to numbers that come of chance."""

    def reader(name: str, array: np.ndarray) -> Callable[[Sequence[Returned]], Printed | None]:
        def read(outcomes: Sequence[Returned]) -> Printed | None:
            kept = outcomes[0].kept.get(name)
            if kept is None or kept.array is None or kept.array.shape != array.shape:
                return None
            is_same = bool(np.all(kept.array == array.astype(kept.array.dtype)))
            return printed_words(f"torch.equal({name}, before)", is_same, True)

        return read

    for name, array in arguments.items():
        lines = (*setup[:-1], f"before = {name}.clone()", of_call)
        yield Case(lines, (probe,), reader(name, array))


def leaves(names: Sequence[str]) -> str:
    """Return a line after which arguments have gradients."""
    return ", ".join(f"{name}.requires_grad_()" for name in names)
