"""The smallest cases that show what is wrong with an encoder or a decoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.kit.example import Case, Printed, one_after_the_other, printed_words, repeated
from grader.kit.observation import Returned
from grader.vae.gradient_examples import gradient_cases
from grader.vae.network_task import NetworkTask
from grader.vae.row_examples import (
    Asked,
    Inputs,
    form_cases,
    row_cases,
    same_case,
    untouched_cases,
    value_case,
)
from grader.vae.sizes import Sizes
from grader.vae.snippets import TINY, Arguments, Tiny, ask, leaves, tensor

_GENTLE, _LARGE = 0.01, 20.0
"""A weight with which large hidden units saturate nothing, and what is large."""
_HIDDEN = (
    # weight and bias of the first layer, and the input
    (1.0, 0.0, -1.0),
    (-1.0, 0.0, 1.0),
    (1.0, 0.0, 1.0),
    (1.0, 1.0, 0.0),
    (1.0, 2.0, 1.0),
    (3.0, 0.0, 1.0),
    (1.0, 8.0, 1.0),
    (1.0, 100.0, 0.0),
    (1.0, -0.5, 0.0),
)


@dataclass(frozen=True, eq=False)
class NetworkExamples:
    """Cases of one network, each with a tiny model whose layers hold a number each."""

    network: NetworkTask
    names: tuple[str, ...]

    def model(self, sizes: Sizes, weight: float = 1.0, bias: float = 0.0, **others: float) -> Tiny:
        """Return a model whose layers of the network hold these numbers."""
        layers = (self.network.first, *self.network.last)
        return Tiny(sizes, layers, weight, bias).but(**others)

    def asked(self, tiny: Tiny, inputs: Inputs, position: int = 0) -> Asked:
        """Return a call with inputs ``[rows, units]``."""
        given = {self.network.argument: np.array(inputs, np.float64)}
        return Asked(tiny, self.network.method, given, self.names, self._right, position)

    def _right(self, tiny: Tiny, given: Arguments) -> tuple[np.ndarray, ...]:
        return self.network.right(tiny.weights, given[self.network.argument])

    def shape(self) -> Iterator[Case]:
        """Yield cases of the results' form."""
        for rows, units in ((2, 3), (1, 3), (3, 2)):
            tiny = self.model(Sizes(units, units, 2))
            asked = self.asked(tiny, np.arange(rows * units).reshape(rows, units) % 2 - 0.5)
            yield from form_cases(asked)
            yield from untouched_cases(asked)

    def rows(self, is_right_alone: bool) -> Iterator[Case]:
        """Yield cases of rows that get mixed up."""
        yield self.repeated()
        wide = self.model(Sizes(2, 2, 2))
        tiny = self.model(Sizes(1, 1, 1))
        for position in range(len(self.names)):
            batches = [
                self.asked(tiny, [[2], [1]], position),
                self.asked(wide, [[2, 1], [0, 1]], position),
                self.asked(tiny, [[1], [3], [2]], position),
            ]
            yield from row_cases(batches, is_right_alone)

    def repeated(self) -> Case:
        """Return a case of two calls that should return the same, whatever is random in them."""
        tiny = self.model(Sizes(50, 50, 50), _GENTLE)
        return same_case(self.asked(tiny, np.tile(np.arange(10.0)[:, None], (1, 50))))

    def hidden(self, positions: Sequence[int]) -> Iterator[Case]:
        """Yield cases of the hidden layer; ``positions`` are those of results that show it."""
        yield self.repeated()
        first = self.network.first
        for weight, bias, number in _HIDDEN:
            others = {f"{first}_weight": weight, f"{first}_bias": bias}
            if bias > _LARGE:
                others |= {f"{layer}_weight": _GENTLE for layer in self.network.last}
            yield from self._shown(Sizes(1, 1, 1), others, [[number]], positions)
        for sizes, inputs in ((Sizes(1, 1, 2), [[1.0]]), (Sizes(2, 2, 1), [[1.0, 1.0]])):
            yield from self._shown(sizes, {}, inputs, positions)
        yield from self._shown(Sizes(2, 2, 1), {}, [[1.0, 0.0]], positions)
        yield self._below_zero()

    def _below_zero(self) -> Case:
        """Make a case of two inputs with the same hidden units, whatever comes after these."""
        tiny = self.model(Sizes(1, 1, 1), **{f"{self.network.last[0]}_bias": 5.0})
        first, second = (self.asked(tiny, [[number]]) for number in (-1.0, -2.0))

        def read(outcomes: Sequence[Returned]) -> Printed | None:
            values = [repeated(outcome) for outcome in outcomes]
            numbers = [first.numbers(value)[1] for value in values if value is not None]
            if len(numbers) < 2 or numbers[0] is None or numbers[1] is None:
                return None
            is_same = np.array_equal(numbers[0], numbers[1])
            return printed_words("torch.equal(first, second)", is_same, True)

        suffix = "[0]" if len(self.names) > 1 else ""
        calls = (
            f"{name} = {TINY}.{self.network.method}({tensor(asked.given[self.network.argument])})"
            for name, asked in (("first", first), ("second", second))
        )
        setup = (*tiny.lines, *(f"{code}{suffix}" for code in calls))
        return Case(setup, (one_after_the_other(first.probe, second.probe),), read)

    def _shown(
        self,
        sizes: Sizes,
        others: Mapping[str, float],
        inputs: Inputs,
        positions: Sequence[int],
    ) -> Iterator[Case]:
        tiny = self.model(sizes, **others)
        for position in positions:
            yield value_case(self.asked(tiny, inputs, position))

    def gradient(self, value_is_right: bool) -> Iterator[Case]:
        """Yield cases of gradients in the layers, and in the input where one is asked for."""
        network = self.network
        layers = (network.first, *network.last)
        tiny, cotangents = self.model(Sizes(1, 1, 1)), tuple(np.ones((1, 1)) for _ in self.names)
        for number in (1.0, 2.0):
            asked = self.asked(tiny, [[number]])
            codes = {f"{layer}.weight": f"tiny.{layer}.weight" for layer in layers}
            codes |= {name: name for name in network.differentiate}
            probe = ask(
                tiny,
                network.method,
                asked.given,
                cotangents=cotangents,
                differentiate=network.differentiate,
            )
            marked = (leaves(network.differentiate),) if network.differentiate else ()
            setup = (*asked.setup[:-1], *marked, asked.setup[-1])
            rights = network.gradients(tiny.weights, *asked.given.values(), *cotangents)
            total = self.names[0] if len(self.names) == 1 else f"({' + '.join(self.names)})"
            yield from gradient_cases(
                setup, probe, total, codes, rights if value_is_right else None
            )
