"""Questions to a candidate: which model, which weights, which calls. The examiner's side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from grader.protocol import jobs
from grader.protocol.wire import Message, pack

Sizes = Any
"""Arguments of the constructor: a tuple of integers, of the assignment's own kind."""


@dataclass(frozen=True)
class Call:
    """One call of a method.

    Attributes:
        method: its name.
        arguments: by name, in the method's order; arrays become tensors of the model's dtype.
        cotangents: one array for each value the method should return, in which case gradients of
            their inner product with what is returned are asked for; or None.
        differentiate: arguments whose gradients are asked for as well as the parameters'.
        repeat: how many times the call is made; the gradients are the last one's.
        keep: whether the arguments are sent back as the last call has left them.
        generators: whether it is told where the generators of random numbers stand before and
            after the call; before the next one they are moved on.
        recorded: whether torch records a graph; otherwise arguments have none, and the call is
            made under `torch.no_grad`.
        training: whether the model is left in the mode that it is in, else it is told `eval`, for
            this call and those after it.
        heard: whether it is told what stubs were given: the arguments of the first call of each.
    """

    method: str
    arguments: Mapping[str, np.ndarray | int]
    cotangents: tuple[np.ndarray, ...] | None = None
    differentiate: tuple[str, ...] = ()
    repeat: int = 1
    keep: bool = False
    generators: bool = False
    recorded: bool = True
    training: bool = True
    heard: bool = False


@dataclass(frozen=True)
class Stubs:
    """Known simple functions that take the place of a student's helpers.

    Attributes:
        source: Python that defines them as functions of ``self``, with the spec's parameter names.
        methods: which of them are put in place.
        noise: flat array that their draws are read from, in order.
    """

    source: str
    methods: tuple[str, ...]
    noise: np.ndarray


@dataclass(frozen=True, eq=False)
class Probe:
    """What a candidate is asked to do: build a model, load weights, make calls.

    ``weights`` maps ``layer.weight`` and ``layer.bias`` to arrays; where there are none, no layer
    is needed. ``spare`` are weights of layers that may be missing. One that is put to many
    submissions should be kept, for it keeps what is sent of it.
    """

    sizes: Sizes
    weights: Mapping[str, np.ndarray]
    calls: tuple[Call, ...]
    stubs: Stubs | None = None
    spare: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def question(self) -> Message:
        """Return its part of a job, which refers to its own arrays."""
        arrays = _Arrays()
        return Message(asdict(_question(self, arrays)), tuple(arrays.attached))

    @cached_property
    def digest(self) -> bytes:
        """Return a hash that is the same for equal questions."""
        return hashlib.sha256(pack(self.question)).digest()


@dataclass
class _Arrays:
    attached: list[np.ndarray] = field(default_factory=list)

    def add(self, array: np.ndarray) -> int:
        """Attach an array, in single precision where that loses nothing, and return its index."""
        array = np.asarray(array)
        if array.dtype == np.float64:
            single = array.astype(np.float32)
            array = single if np.array_equal(single, array) else array
        self.attached.append(array)
        return len(self.attached) - 1


def _question(probe: Probe, arrays: _Arrays) -> jobs.Question:
    weights = {name: arrays.add(weight) for name, weight in probe.weights.items()}
    spare = {name: arrays.add(weight) for name, weight in probe.spare.items()}
    stubs = None
    if probe.stubs is not None:
        stubs = jobs.Stubs(probe.stubs.source, probe.stubs.methods, arrays.add(probe.stubs.noise))
    calls = [_call(call, tuple(weights), arrays) for call in probe.calls]
    return jobs.Question(tuple(probe.sizes), weights, spare, stubs, calls)


def _call(call: Call, parameters: Sequence[str], arrays: _Arrays) -> jobs.Call:
    arguments = []
    rows = 1
    for name, value in call.arguments.items():
        if isinstance(value, np.ndarray):
            rows = len(value)
            grad = name in call.differentiate
            arguments.append((name, jobs.Argument(array=arrays.add(value), grad=grad)))
        else:
            rows = value
            arguments.append((name, jobs.Argument(value=value)))
    cotangents = None
    if call.cotangents is not None:
        cotangents = [arrays.add(cotangent) for cotangent in call.cotangents]
    return jobs.Call(
        method=call.method,
        arguments=arguments,
        batch_size=rows,
        repeat=call.repeat,
        keep=call.keep,
        generators=call.generators,
        recorded=call.recorded,
        training=call.training,
        heard=call.heard,
        parameters=parameters,
        cotangents=cotangents,
    )
