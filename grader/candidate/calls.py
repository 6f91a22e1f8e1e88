"""Calls a method of a model, and describes what it returned."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

import torch

from grader.candidate.gradients import vector_jacobian_products
from grader.candidate.loader import describe, generators, move_on
from grader.candidate.models import Array, Heard
from grader.candidate.reply import Outbox, encode, plain
from grader.protocol.jobs import Argument, Call
from grader.protocol.replies import Returned


def answer_call(
    model: Any, call: Call, array: Array, computed: Collection[str], outbox: Outbox, heard: Heard
) -> Returned:
    """Make a call as often as is asked for, with the gradients of its last value.

    ``computed`` names the arguments that have a graph in training; stubs write into ``heard``.
    """
    if not call.training and isinstance(model, torch.nn.Module):
        torch.nn.Module.eval(model)
    calling = _Calling(model, call, array, computed)
    before = generators() if call.generators else []
    values, arguments = calling.make()
    states = None
    if call.generators:
        states = [before, generators()]
        move_on()
    accumulated = calling.has_accumulated()
    gradients: dict[str, int | None] = {}
    backward = None
    if call.cotangents is not None:
        try:
            gradients = calling.gradients(values[-1], call.cotangents, outbox)
        except BaseException as error:
            backward = describe(error).to_json()
    kept = zip((name for name, _ in call.arguments), arguments, strict=True)
    return Returned(
        [encode(value, outbox, depth=0) for value in values],
        gradients,
        backward,
        {name: encode(argument, outbox, 1) for name, argument in kept} if call.keep else {},
        {name: encode(it, outbox, 1) for name, it in heard.items()} if call.heard else {},
        states,
        accumulated,
    )


class _Calling:
    """One call, with what its arguments are made of."""

    def __init__(self, model: Any, call: Call, array: Array, computed: Collection[str]) -> None:
        self._model, self._call, self._array = model, call, array
        self._computed = frozenset(computed)
        self._parameters = {name: _parameter(model, name) for name in call.parameters}
        dtypes = [parameter.dtype for parameter in self._parameters.values()]
        self._dtype = dtypes[0] if dtypes else torch.get_default_dtype()
        self._leaves: dict[str, torch.Tensor] = {}

    def make(self) -> tuple[list[Any], list[Any]]:
        """Return what comes of the calls, and the arguments as the last one has left them."""
        has_computed = self._call.recorded and any(
            self._is_computed(*given) for given in self._call.arguments
        )
        try:
            return self._repeat(has_computed)
        except Exception as error:
            if not has_computed:
                raise
            # Where the graph is too much for a method, its numbers are judged all the same.
            try:
                return self._repeat(computed=False)
            except Exception:
                raise error from None

    def has_accumulated(self) -> bool:
        """Return whether a parameter holds a gradient, which training adds its own to."""
        slopes = (getattr(parameter, "grad", None) for parameter in self._parameters.values())
        return any(isinstance(slope, torch.Tensor) and bool(slope.any()) for slope in slopes)

    def gradients(self, value: Any, cotangents: Any, outbox: Outbox) -> dict[str, int | None]:
        """Return the index of each gradient of a value, or None where no graph leads to it."""
        inputs = {**self._leaves, **self._parameters}
        arrays = [self._array(index) for index in cotangents]
        products = vector_jacobian_products(value, arrays, inputs)
        numbers = {name: None if g is None else plain(g) for name, g in products.items()}
        return {name: None if g is None else outbox.attach(g) for name, g in numbers.items()}

    def _repeat(self, computed: bool) -> tuple[list[Any], list[Any]]:
        values: list[Any] = []
        arguments: list[Any] = []
        for _ in range(self._call.repeat):
            arguments = [self._argument(*given, computed) for given in self._call.arguments]
            with nullcontext() if self._call.recorded else torch.no_grad():
                values.append(getattr(self._model, self._call.method)(*arguments))
        return values, arguments

    def _is_computed(self, name: str, given: Argument) -> bool:
        return given.array is not None and name in self._computed

    def _argument(self, name: str, given: Argument, computed: bool) -> Any:
        """Return an argument; ``computed`` says whether those of other layers have a graph."""
        if given.array is None:
            return given.value
        tensor = torch.from_numpy(self._array(given.array).copy())
        if not tensor.is_floating_point():
            return tensor
        tensor = tensor.to(self._dtype)
        if given.grad:
            self._leaves[name] = tensor.requires_grad_()
        elif not (computed and self._is_computed(name, given)):
            return tensor
        # In training these are results of other layers: they have a graph, and may be changed.
        return tensor.requires_grad_().clone()


def _parameter(model: Any, name: str) -> torch.Tensor:
    layer, _, parameter = name.partition(".")
    return getattr(getattr(model, layer), parameter)
