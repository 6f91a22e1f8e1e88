"""Answers of a candidate, read without believing them. The examiner's side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.protocol.wire import Message, WireError
from grader.vae import spec

FORMS = frozenset(
    ("tensor", "number", "ndarray", "list", "tuple", "dict", "none", "other", "unreadable")
)
REFUSED = frozenset(("program", "network", "file", "rights", "room", "absent"))
MAX_TEXT = 500
_OWN_FOLDER = re.compile(r"(/[^\s'\"]*)?/scratch-\w{8}(/|\b)")
"""A candidate's folder in a text: its name is the grader's, and another each time."""
_SHARED_MEMORY = re.compile(r"/torch_\d+_\d+_\d+")
"""What torch calls a piece of memory that processes share: another name each time."""
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def clean(text: object, limit: int = MAX_TEXT) -> str:
    """A submission's text made harmless: no control characters, no more than ``limit`` of it."""
    if not isinstance(text, str):
        return ""
    text = _SHARED_MEMORY.sub("/torch", _CONTROL.sub("", text[: 4 * limit]))
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True)
class Value:
    """Something a method returned.

    Attributes:
        form: what kind of thing it is: one of `FORMS`.
        array: its numbers, for a tensor, number, ndarray or list of numbers.
        items: its parts, for a tuple or list of other things, and a dict's values.
        type: its dtype, or the name of its class where there is no array.
    """

    form: str
    array: np.ndarray | None = None
    items: tuple[Value, ...] = ()
    type: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a call gave nothing: it raised, ran out of time, died, or talked nonsense.

    Attributes:
        kind: "raised", "timed_out", "died" or "nonsense".
        stage: "load", "construct", "call" or "backward".
        type: class of the exception, where there was one.
        text: the exception's text, or how the process ended.
        refused: what confinement refused, and so raised the exception, in `REFUSED`; else "".
    """

    kind: str
    stage: str
    type: str = ""
    text: str = ""
    cell: int | None = None
    line: int | None = None
    refused: str = ""


@dataclass(frozen=True)
class Returned:
    """What a call returned, a value for each repetition, and the gradients of the last.

    A gradient is None where no graph leads to that input. ``kept`` are the arguments as the last
    call has left them, where they were asked for; ``generators`` is where each generator stood
    before and after it.
    """

    values: tuple[Value, ...]
    gradients: Mapping[str, np.ndarray | None] = field(default_factory=dict)
    backward: Failure | None = None
    kept: Mapping[str, Value] = field(default_factory=dict)
    generators: tuple[tuple[str, str], ...] = ()


Outcome = Returned | Failure


@dataclass(frozen=True)
class Observation:
    """Outcomes of a probe's calls; all are the same failure when the model could not be built.

    ``touched`` names the methods that were seen to use `torch.distributions`.
    """

    outcomes: tuple[Outcome, ...]
    touched: frozenset[str] = frozenset()


def read_confinement(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The layers of confinement that are on, and those that are missing so that nothing runs.

    It is the one message that is believed: no line of the student's has run when it is sent.

    Raises:
        WireError: the message does not say.
    """
    found = []
    for kind, name in (("confined", "layers"), ("unconfined", "missing")):
        texts = message.body.get(name) if message.body.get("kind") == kind else []
        if not isinstance(texts, list):
            raise WireError("a candidate's layers of confinement are not a list")
        found.append(tuple(clean(text, 100) for text in texts))
    if message.body.get("kind") not in ("confined", "unconfined"):
        raise WireError("a candidate does not say how it is confined")
    return found[0], found[1]


def read_setup(message: Message) -> Failure | None:
    """None when a candidate says that its model is built, else why it is not.

    Raises:
        WireError: the message is neither.
    """
    kind = message.body.get("kind")
    if kind == "ready":
        return None
    if kind == "raised" and message.body.get("stage") in ("load", "construct"):
        return _failure(message.body, message.body["stage"])
    raise WireError("a candidate's first message is not about its model")


def read_outcome(message: Message, repeat: int) -> Outcome:
    """What came of a call.

    Raises:
        WireError: the message does not say.
    """
    body = message.body
    if body.get("kind") == "raised":
        return _failure(body, "call")
    values = body.get("values")
    if body.get("kind") != "returned" or not isinstance(values, list) or len(values) != repeat:
        raise WireError("a candidate's message is not about a call")
    gradients = body.get("gradients", {})
    backward = body.get("backward")
    if not isinstance(gradients, dict) or not isinstance(backward, (dict, type(None))):
        raise WireError("a candidate's gradients are not by name")
    kept = body.get("kept", {})
    if not isinstance(kept, dict):
        raise WireError("a candidate's arguments are not by name")
    return Returned(
        tuple(_value(value, message.arrays, depth=0) for value in values),
        {name: None if i is None else _array(i, message.arrays) for name, i in gradients.items()},
        None if backward is None else _failure(backward, "backward"),
        {name: _value(value, message.arrays, depth=1) for name, value in kept.items()},
        _states(body.get("generators")),
    )


def _states(told: Any) -> tuple[tuple[str, str], ...]:
    """Where each generator stood, before and after."""
    match told:
        case [list(before), list(after)]:
            pairs = zip(before, after, strict=False)
            return tuple((clean(first, 100), clean(second, 100)) for first, second in pairs)
    return ()


def read_touched(message: Message) -> frozenset[str]:
    """The methods that a message says have used `torch.distributions`."""
    named = message.body.get("touched")
    if not isinstance(named, list):
        return frozenset()
    return frozenset(method for method in spec.TASK_BY_METHOD if method in named)


def read_late(message: Message) -> bool:
    """Whether a message says that what torch imports late has been imported."""
    return message.body.get("late") is True


def _failure(body: Mapping[str, Any], stage: str) -> Failure:
    def number(name: str) -> int | None:
        value = body.get(name)
        return value if type(value) is int and 0 < value < 10**6 else None

    refused = body.get("refused")
    return Failure(
        "raised",
        stage,
        clean(body.get("type"), 100),
        _OWN_FOLDER.sub("", clean(body.get("text"))),
        number("cell"),
        number("line"),
        refused if isinstance(refused, str) and refused in REFUSED else "",
    )


def _array(index: Any, arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    if type(index) is not int or not 0 <= index < len(arrays):
        raise WireError("a candidate's message refers to an array that it doesn't hold")
    return arrays[index]


def _value(body: Any, arrays: tuple[np.ndarray, ...], depth: int) -> Value:
    form = body.get("form") if isinstance(body, dict) else None
    if not isinstance(form, str) or form not in FORMS:
        raise WireError("a candidate's value has no form")
    if form in ("none", "other", "unreadable"):
        return Value(form, type=clean(body.get("type"), 100))
    if "array" in body:
        return Value(form, _array(body["array"], arrays), type=clean(body.get("dtype"), 100))
    items = body.get("items")
    if (
        form not in ("tuple", "list", "dict")
        or not isinstance(items, list)
        or depth
        or len(items) > 16
    ):
        raise WireError("a candidate's value has no numbers and no items")
    return Value(form, items=tuple(_value(item, arrays, 1) for item in items))
