"""Questions to a candidate: which model, which weights, which calls. The examiner's side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from grader.protocol.wire import Message, pack
from grader.submission.extract import Slice
from grader.vae import spec

_COMPUTED = frozenset(("mu", "logsigma", "z"))
"""Arguments that other layers compute in training, so that they have a graph."""


@dataclass(frozen=True)
class Sizes:
    """Units of the model under test: observed, latent, hidden."""

    obs: int
    latent: int
    hidden: int


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
    """

    method: str
    arguments: Mapping[str, np.ndarray | int]
    cotangents: tuple[np.ndarray, ...] | None = None
    differentiate: tuple[str, ...] = ()
    repeat: int = 1
    keep: bool = False
    generators: bool = False
    recorded: bool = True


@dataclass(frozen=True)
class StandIns:
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
    stand_ins: StandIns | None = None
    spare: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def question(self) -> Message:
        """Its part of a job; it refers to its own arrays."""
        arrays = _Arrays()
        return Message(_body(self, arrays), tuple(arrays.found))

    @cached_property
    def digest(self) -> bytes:
        """The same for equal questions."""
        return hashlib.sha256(pack(self.question)).digest()


@dataclass
class _Arrays:
    found: list[np.ndarray] = field(default_factory=list)

    def add(self, array: np.ndarray) -> int:
        """Attach an array, in single precision where that loses nothing; its index."""
        array = np.asarray(array)
        if array.dtype == np.float64:
            single = array.astype(np.float32)
            array = single if np.array_equal(single, array) else array
        self.found.append(array)
        return len(self.found) - 1


def message(probes: Iterable[Probe], code: Slice, seed: int = 0) -> Message:
    """The job of a candidate that holds ``code``, for one probe after the other.

    The candidate's generators are seeded before each, so that two gradings agree.
    """
    arrays: list[np.ndarray] = []
    questions = []
    for probe in probes:
        questions.append({**probe.question.body, "first_array": len(arrays)})
        arrays += probe.question.arrays
    body = {
        "program": program(code),
        "watch": list(spec.TASK_BY_METHOD),
        "seed": seed,
        "probes": questions,
    }
    return Message(body, tuple(arrays))


def program(code: Slice) -> dict[str, Any]:
    """What a candidate executes to have the class, as JSON."""
    cells = [{"number": c.number, "source": c.source, "keep": list(c.keep)} for c in code.cells]
    known = {"flags": code.flags, "class_name": spec.CLASS_NAME, "width": code.width}
    return {"cells": cells, **known, "modules": sorted(code.program.modules)}


def model(sizes: Sizes) -> dict[str, Any]:
    """What the class is constructed with, and the names that are bound to the sizes, as JSON."""
    given = (sizes.obs, sizes.latent, sizes.hidden)
    return {"sizes": list(given), "bind": dict(zip(spec.CONSTRUCTOR, given, strict=True))}


def _body(probe: Probe, arrays: _Arrays) -> dict[str, Any]:
    stand_ins = probe.stand_ins
    return {
        **model(probe.sizes),
        "weights": {name: arrays.add(weight) for name, weight in probe.weights.items()},
        "spare": {name: arrays.add(weight) for name, weight in probe.spare.items()},
        "stand_ins": stand_ins
        and {
            "source": stand_ins.source,
            "methods": list(stand_ins.methods),
            "noise": arrays.add(stand_ins.noise),
        },
        "calls": [_call(call, probe.weights, arrays) for call in probe.calls],
    }


def _call(call: Call, parameters: Iterable[str], arrays: _Arrays) -> dict[str, Any]:
    arguments: list[tuple[str, dict[str, Any]]] = []
    rows = 1
    for name, value in call.arguments.items():
        if isinstance(value, np.ndarray):
            rows = len(value)
            given = {
                "array": arrays.add(value),
                "grad": name in call.differentiate,
                "computed": name in _COMPUTED,
            }
        else:
            rows = value
            given = {"value": value}
        arguments.append((name, given))
    return {
        "method": call.method,
        "arguments": arguments,
        "batch_size": rows,
        "repeat": call.repeat,
        "keep": call.keep,
        "generators": call.generators,
        "recorded": call.recorded,
        "parameters": list(parameters),
        "cotangents": None
        if call.cotangents is None
        else [arrays.add(cotangent) for cotangent in call.cotangents],
    }
