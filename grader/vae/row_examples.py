"""Cases that show what is wrong with single rows of a method's results: its shape, its batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from grader.kit.example import (
    Case,
    Printed,
    Read,
    is_same,
    one_after_the_other,
    printed_numbers,
    printed_shape,
    printed_type,
    printed_words,
    repeated,
    tensor_numbers,
)
from grader.kit.observation import Returned, Value
from grader.kit.probe import Probe
from grader.vae.snippets import (
    TINY,
    Arguments,
    Tiny,
    ask,
    bound,
    call,
    changed_case,
    differs_case,
    drawn_over_case,
    one_case,
    tensor,
)

Inputs = Sequence[Sequence[float]] | np.ndarray
"""Rows of an argument."""

_ROOM = 0.01
_MANY = (300, 2000)
"""Rows of batches that are all alike: methods that count on a size have one of their own there."""


_WIDEST = 74
"""Characters of a line that a report has room for in a terminal of 80 columns."""


@dataclass(frozen=True, eq=False)
class Asked:
    """One call of a method, and a result of it that is looked at.

    Attributes:
        tiny: the model.
        method: its name.
        given: its arguments ``[rows, units]`` by name.
        names: of all results, the code that they are bound to.
        right: the right results for such arguments, one for each name.
        position: of the result that is looked at.
        recorded: whether torch records a graph.
    """

    tiny: Tiny
    method: str
    given: Arguments
    names: tuple[str, ...]
    right: Callable[[Tiny, Arguments], tuple[np.ndarray, ...]]
    position: int = 0
    recorded: bool = True

    def with_given(self, given: Arguments) -> Asked:
        """Return the same with other arguments."""
        return replace(self, given=given)

    @property
    def setup(self) -> tuple[str, ...]:
        """Code that binds arguments and results."""
        results = f"{', '.join(self.names)} = {call(self.method, self.given)}"
        without = "" if self.recorded else "with torch.no_grad(): "
        return (*self.with_arguments, without + results)

    @property
    def short_setup(self) -> tuple[str, ...]:
        """Code that binds the results alone, where that is shorter."""
        if len(self.given) > 1:
            return self.setup
        (array,) = self.given.values()
        results = f"{', '.join(self.names)} = {TINY}.{self.method}({tensor(array)})"
        return (*self.tiny.lines, results) if len(results) <= _WIDEST else self.setup

    @property
    def with_arguments(self) -> tuple[str, ...]:
        """Code that makes the model and binds the arguments."""
        return (*self.tiny.lines, *bound(self.given))

    @cached_property
    def probe(self) -> Probe:
        """What asks for them."""
        return ask(self.tiny, self.method, self.given, recorded=self.recorded)

    @property
    def name(self) -> str:
        """The result that is looked at."""
        return self.names[self.position]

    @cached_property
    def wanted(self) -> np.ndarray:
        """What it should be."""
        return self.right(self.tiny, self.given)[self.position]

    def part(self, value: Value) -> Value | None:
        """Return the result in what the method returned; None if it can't be unpacked so."""
        if len(self.names) == 1:
            return value
        return value.items[self.position] if len(value.items) == len(self.names) else None

    def numbers(self, value: Value) -> tuple[str, np.ndarray | None]:
        """Return the code for the result's tensor, and its numbers; None if it is no tensor."""
        return self.name, tensor_numbers(self.part(value))


def value_case(asked: Asked, decimals: int = 3) -> Case:
    """Make a case of a result's numbers."""

    def read(value: Value, _: Returned) -> Printed | None:
        return printed_numbers(*asked.numbers(value), asked.wanted, decimals)

    return one_case(asked.short_setup, asked.probe, read)


def form_cases(asked: Asked) -> Iterator[Case]:
    """Yield cases of how many results there are, of their types and shapes."""
    count = len(asked.names)

    def read_count(value: Value) -> Printed | None:
        made = call(asked.method, asked.given)
        if value.form in ("tuple", "list") and value.items:
            return printed_words(f"len({made})", len(value.items), count)
        is_one = value.form in ("tensor", "dict", "number", "none", "other")
        return Printed(f"type({made}).__name__", _kind(value), "tuple") if is_one else None

    if count > 1:
        yield Case(asked.with_arguments, (asked.probe,), _of_last(read_count))
    for position in range(count):
        one = replace(asked, position=position)
        for read in (_type_reader(one), _shape_reader(one)):
            yield Case(one.short_setup, (one.probe,), _of_last(read))


def _of_last(read: Callable[[Value], Printed | None]) -> Read:
    """Return a reader of the last call, which has the form of every other."""
    return lambda outcomes: read(outcomes[0].values[-1])


def _kind(value: Value) -> str:
    if value.form == "tensor":
        return "Tensor"
    printed = printed_type("", value)
    return printed.got if printed else "NoneType"


def _type_reader(asked: Asked) -> Callable[[Value], Printed | None]:
    return lambda value: printed_type(asked.name, asked.part(value))


def _shape_reader(asked: Asked) -> Callable[[Value], Printed | None]:
    return lambda value: printed_shape(asked.name, asked.part(value), asked.wanted.shape)


def untouched_cases(asked: Asked, has_draws: bool = False) -> Iterator[Case]:
    """Yield cases of arguments that are changed, and of results with a dtype of their own."""
    if has_draws:
        yield from drawn_over_case(asked.setup, asked.probe, asked.given, asked.setup[-1])
    else:
        yield changed_case(asked.setup, asked.probe, asked.given)

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        part, given = asked.part(outcomes[0].values[-1]), next(iter(outcomes[0].kept.values())).type
        if tensor_numbers(part) is None or part is None:
            return None
        return printed_words(f"{asked.name}.dtype", f"torch.{part.type}", f"torch.{given}")

    yield Case(asked.short_setup, (asked.probe,), read)


def row_cases(batches: Sequence[Asked], is_right_alone: bool) -> Iterator[Case]:
    """Yield cases of rows that get mixed up.

    Args:
        batches: each of two rows or more that are not alike.
        is_right_alone: whether a row by itself gives what is right.
    """
    first = batches[0]
    for asked in batches:
        if is_right_alone:
            yield value_case(asked)
        yield _alone(asked)
    for rows in _MANY:
        yield _alike(first, rows)


def same_case(asked: Asked) -> Case:
    """Make a case of two calls that should return the same."""
    suffix = "[0]" if len(asked.names) > 1 else ""
    code = call(asked.method, asked.given) + suffix
    return differs_case(asked.with_arguments, asked.probe, code, wanted=False)


def _alone(asked: Asked) -> Case:
    """Make a case of the second row in its batch and alone."""
    single = asked.with_given({name: array[1:2] for name, array in asked.given.items()})
    suffix = f"[{asked.position}]" if len(asked.names) > 1 else ""
    sliced = ", ".join(f"{name}[1:2]" for name in asked.given)

    def read(outcomes: Sequence[Returned]) -> Printed | None:
        values = [repeated(outcome) for outcome in outcomes]
        if values[0] is None or values[1] is None:
            return None
        batch, alone = (asked.numbers(value)[1] for value in values if value is not None)
        if batch is None or alone is None or batch.ndim == 0 or batch.shape != asked.wanted.shape:
            return None
        if alone.size != batch[1].size:
            return None
        pair = np.stack([batch[1].ravel(), alone.ravel()])
        if is_same(alone, asked.wanted[1]):
            return printed_numbers("torch.stack([in_batch, alone])", pair, pair[[1, 1]])
        if np.allclose(pair[0], pair[1], atol=_ROOM, equal_nan=True):
            return None
        return printed_words("torch.allclose(in_batch, alone, atol=0.001)", False, True)

    setup = (
        *asked.tiny.lines,
        *bound(asked.given),
        f"in_batch = {call(asked.method, asked.given)}{suffix}[1].flatten()",
        f"alone = {TINY}.{asked.method}({sliced}){suffix}.flatten()",
    )
    return Case(setup, (one_after_the_other(asked.probe, single.probe),), read)


def _alike(first: Asked, rows: int) -> Case:
    """Make a case of many rows that are all the same."""
    given = {name: np.full((rows, a.shape[1]), float(a.flat[0])) for name, a in first.given.items()}
    asked = first.with_given(given)

    def read(value: Value, _: Returned) -> Printed | None:
        name, actual = asked.numbers(value)
        if actual is None or actual.shape[1:] != asked.wanted.shape[1:]:
            return None
        if len(actual) != rows:
            return printed_words(f"len({name})", len(actual), rows)
        different = len(np.unique(actual, axis=0))
        return printed_words(f"len({name}.unique(dim=0))", different, 1)

    return one_case(asked.short_setup, asked.probe, read)
