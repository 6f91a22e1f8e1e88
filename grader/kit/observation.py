"""Answers of a candidate, read without believing them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from grader.protocol import replies
from grader.protocol.forking import LATE
from grader.protocol.replies import (
    FORMS,
    REFUSALS,
    Confined,
    Described,
    Encoded,
    FailureKind,
    Form,
    Raised,
    Ready,
    Refusal,
    Stage,
    Unconfined,
)
from grader.protocol.wire import Message, WireError
from grader.untrusted_text import clean

MAX_ITEMS = 16
_OWN_FOLDER = re.compile(r"(/[^\s'\"]*)?/scratch-\w{8}(/|\b)")
"""A candidate's folder in a text: its name is the grader's, and another each time."""


@dataclass(frozen=True)
class Value:
    """Something a method returned.

    Attributes:
        form: what kind of thing it is.
        array: its numbers, for a tensor, number, ndarray or list of numbers.
        items: its parts, for a tuple or list of other things, and a dict's values.
        type: its dtype, or the name of its class where there is no array.
    """

    form: Form
    array: np.ndarray | None = None
    items: tuple[Value, ...] = ()
    type: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a call gave nothing: it raised, returned None, ran out of time, died, or talked nonsense.

    Attributes:
        kind: what happened.
        stage: what the candidate was at.
        type: class of the exception, where there was one.
        text: the exception's text, or how the process ended.
        refused: what confinement refused, and so raised the exception; else "".
        span: the expression that raised: the column where it begins on its line, its last line, and
            the column behind it, in bytes.
        source: the expression, or the line; "" where it isn't known.
        given: the sizes of the model and the arguments of the call by name, in words.
        near: a name of the class or of its methods that is almost the one that was not found.
        literal: a number in the method that has to do with it, and is no size of the model.
        is_written: whether the method that was called is known to hold code.
    """

    kind: FailureKind
    stage: Stage
    type: str = ""
    text: str = ""
    cell: int | None = None
    line: int | None = None
    refused: Refusal | Literal[""] = ""
    span: tuple[int, int, int] | None = None
    source: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    near: str = ""
    literal: str = ""
    is_written: bool = False


@dataclass(frozen=True)
class Returned:
    """What a call returned, a value for each repetition, and the gradients of the last.

    A gradient is None where no graph leads to that input. ``kept`` are the arguments as the last
    call has left them, where they were asked for, and ``heard`` those of stubs by ``method.name``;
    ``generators`` is where each generator stood before and after it; ``accumulated`` says whether
    the calls left gradients in the parameters.
    """

    values: tuple[Value, ...]
    gradients: Mapping[str, np.ndarray | None] = field(default_factory=dict)
    backward: Failure | None = None
    kept: Mapping[str, Value] = field(default_factory=dict)
    heard: Mapping[str, Value] = field(default_factory=dict)
    generators: tuple[tuple[str, str], ...] = ()
    accumulated: bool = False


Outcome = Returned | Failure


@dataclass(frozen=True)
class Observation:
    """Outcomes of a probe's calls; all are the same failure when the model could not be built.

    ``touched`` names the methods that were seen to use `torch.distributions`.
    """

    outcomes: tuple[Outcome, ...]
    touched: frozenset[str] = frozenset()

    @property
    def has_hung(self) -> bool:
        """Whether one of them took longer than it may."""
        return any(isinstance(it, Failure) and it.kind == "timed_out" for it in self.outcomes)


def read_confinement(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the layers of confinement that are on, and those that are missing so nothing runs.

    It is the one message that is believed: no line of the student's has run when it is sent.

    Raises:
        WireError: the message does not say.
    """
    if (confined := Confined.read(message.body)) is not None:
        return _texts(confined.layers), ()
    if (unconfined := Unconfined.read(message.body)) is not None:
        return (), _texts(unconfined.missing)
    raise WireError("a candidate does not say how it is confined")


def _texts(layers: Any) -> tuple[str, ...]:
    if not isinstance(layers, list):
        raise WireError("a candidate's layers of confinement are not a list")
    return tuple(clean(layer, 100) for layer in layers)


def read_setup(message: Message) -> Failure | None:
    """Return None when a candidate says that its model is built, else why it is not.

    Raises:
        WireError: the message is neither.
    """
    if Ready.read(message.body) is not None:
        return None
    raised = Raised.read(message.body)
    if raised is None or raised.stage not in ("load", "construct"):
        raise WireError("a candidate's first message is not about its model")
    return _failure(raised.error, raised.stage)


def read_outcome(message: Message, repeat: int) -> Outcome:
    """Return what came of a call.

    Raises:
        WireError: the message does not say.
    """
    raised = Raised.read(message.body)
    if raised is not None:
        return _failure(raised.error, "call")
    reply = replies.Returned.read(message.body)
    if reply is None or not isinstance(reply.values, list) or len(reply.values) != repeat:
        raise WireError("a candidate's message is not about a call")
    if not isinstance(reply.gradients, dict):
        raise WireError("a candidate's gradients are not by name")
    if not isinstance(reply.kept, dict) or not isinstance(reply.heard, dict):
        raise WireError("a candidate's arguments are not by name")
    arrays = message.arrays
    return Returned(
        tuple(_value(value, arrays, depth=0) for value in reply.values),
        {name: None if i is None else _array(i, arrays) for name, i in reply.gradients.items()},
        None if reply.backward is None else _failure(reply.backward, "backward"),
        {name: _value(value, arrays, depth=1) for name, value in reply.kept.items()},
        {name: _value(value, arrays, depth=1) for name, value in reply.heard.items()},
        _states(reply.generators),
        reply.accumulated is True,
    )


def _states(generators: Any) -> tuple[tuple[str, str], ...]:
    """Return where each generator stood, before and after."""
    match generators:
        case [list(before), list(after)]:
            pairs = zip(before, after, strict=False)
            return tuple((clean(first, 100), clean(second, 100)) for first, second in pairs)
    return ()


def read_touched(message: Message, methods: Iterable[str]) -> frozenset[str]:
    """Return which of the methods a message says have used `torch.distributions`."""
    reply = replies.Returned.read(message.body) or Raised.read(message.body)
    named = reply.touched if reply else None
    return frozenset(m for m in methods if m in named) if isinstance(named, list) else frozenset()


def read_late(message: Message) -> frozenset[str]:
    """Return what a message says has been imported, of what a fork server may import for all."""
    body = message.body
    reply = Ready.read(body) or replies.Returned.read(body) or Raised.read(body)
    said = reply.late if reply is not None and isinstance(reply.late, list) else []
    return frozenset(name for name in LATE if name in said)


def _failure(error: Any, stage: Stage) -> Failure:
    described = Described.read(error)
    if described is None:
        raise WireError("a candidate's exception is not described")
    refused = described.refused
    return Failure(
        "raised",
        stage,
        clean(described.type, 100),
        _OWN_FOLDER.sub("", clean(described.text)),
        _number(described.cell),
        _number(described.line),
        refused if isinstance(refused, str) and refused in REFUSALS else "",  # type: ignore[arg-type]
        _span(described.span),
    )


def _span(span: Any) -> tuple[int, int, int] | None:
    match span:
        case [int(start), int(line), int(end)] if 0 < line < 10**6 and min(start, end) >= 0:
            return start, line, end
    return None


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < 10**6 else None


def _array(index: Any, arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    if type(index) is not int or not 0 <= index < len(arrays):
        raise WireError("a candidate's message refers to an array that it doesn't hold")
    return arrays[index]


def _value(body: Any, arrays: tuple[np.ndarray, ...], depth: int) -> Value:
    encoded = Encoded.read(body)
    if encoded is None or not isinstance(encoded.form, str) or encoded.form not in FORMS:
        raise WireError("a candidate's value has no form")
    form: Form = encoded.form  # type: ignore[assignment]
    kind = clean(encoded.type, 100)
    if form in ("none", "other", "unreadable"):
        return Value(form, type=kind)
    if encoded.array is not None:
        return Value(form, _array(encoded.array, arrays), type=kind)
    items = encoded.items
    nested = form in ("tuple", "list", "dict") and isinstance(items, list)
    if not nested or depth or len(items) > MAX_ITEMS:
        raise WireError("a candidate's value has no numbers and no items")
    return Value(form, items=tuple(_value(item, arrays, 1) for item in items))
