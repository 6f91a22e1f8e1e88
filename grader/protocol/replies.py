"""What a candidate answers. The names of fields are the keys on the wire.

An answer may be anything: `read` fills the fields with what came, and whoever uses it checks it
first (see `grader.kit.observation`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, TypeVar, get_args

Untrusted = Any
"""A field of an answer: of any type, whatever it should be."""

LAYERS = ("files", "system calls", "privileges", "resources")
"""The layers of confinement."""

Stage = Literal["load", "construct", "call", "backward"]
"""What a candidate was at: executing the program, building the model, or one of its calls."""

FailureKind = Literal["raised", "nothing", "timed_out", "died", "nonsense"]

Form = Literal[
    "tensor", "number", "ndarray", "list", "tuple", "dict", "none", "other", "unreadable"
]
"""What kind of thing a method returned."""
FORMS = frozenset(get_args(Form))

Refusal = Literal["program", "network", "file", "rights", "room", "absent"]
"""What confinement refused: a program or a process, a connection, a file outside of the
candidate's own folder, a link or a file's mode, more room than the folder has, a file that is not
there."""
REFUSALS = frozenset(get_args(Refusal))

Kind = TypeVar("Kind", bound="Part")


@dataclass(frozen=True)
class Part:
    """A part of an answer."""

    kind: ClassVar[str] = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as it is put on the wire."""
        return {"kind": self.kind, **vars(self)} if self.kind else vars(self)

    @classmethod
    def read(cls: type[Kind], body: Any) -> Kind | None:
        """Return what a body says; None if it is no object, of another kind, or lacks a field."""
        if not isinstance(body, dict) or (cls.kind and body.get("kind") != cls.kind):
            return None
        try:
            return cls(**{f.name: body[f.name] for f in fields(cls) if f.name in body})
        except TypeError:
            return None


class Reply(Part):
    """An answer of one kind."""


@dataclass(frozen=True)
class Confined(Reply):
    """A candidate is confined by these layers, in words."""

    kind = "confined"
    layers: Untrusted


@dataclass(frozen=True)
class Unconfined(Reply):
    """A candidate lacks these layers, so nothing runs."""

    kind = "unconfined"
    missing: Untrusted


@dataclass(frozen=True)
class Ready(Reply):
    """A model is built; ``late`` says what of `grader.protocol.forking.LATE` is there."""

    kind = "ready"
    late: Untrusted = ()


@dataclass(frozen=True)
class Described(Part):
    """An exception: where it came from in the student's code, and the `Refusal` behind it.

    ``span`` is the expression: the column where it begins, its last line, and the column behind it,
    in bytes.
    """

    type: Untrusted
    text: Untrusted
    cell: Untrusted = None
    line: Untrusted = None
    refused: Untrusted = None
    span: Untrusted = None


@dataclass(frozen=True)
class Raised(Reply):
    """A program, a constructor or a call raised; ``error`` is `Described` as JSON."""

    kind = "raised"
    stage: Untrusted
    error: Untrusted
    touched: Untrusted = ()
    late: Untrusted = ()


@dataclass(frozen=True)
class Returned(Reply):
    """A call returned.

    Attributes:
        values: `Encoded` as JSON, one for each repetition.
        gradients: index of an array, or None, by name.
        backward: `Described` as JSON, where the gradients could not be had.
        kept: the arguments after the last call, `Encoded` as JSON, by name.
        heard: arguments of stubs, `Encoded` as JSON, by ``method.name``.
        generators: the states of the generators before and after.
        accumulated: whether the calls left gradients in the parameters' ``grad``.
        touched: methods that have used what is watched for.
    """

    kind = "returned"
    values: Untrusted
    gradients: Untrusted = field(default_factory=dict)
    backward: Untrusted = None
    kept: Untrusted = field(default_factory=dict)
    heard: Untrusted = field(default_factory=dict)
    generators: Untrusted = None
    accumulated: Untrusted = False
    touched: Untrusted = ()
    late: Untrusted = ()


@dataclass(frozen=True)
class Encoded(Part):
    """Something a method returned: an array's index, or items, or neither.

    ``type`` is a dtype, or the name of a class where there is no array.
    """

    form: Untrusted = None
    array: Untrusted = None
    items: Untrusted = None
    type: Untrusted = ""


@dataclass(frozen=True)
class Trained(Reply):
    """What came of a training; the message's array are the losses.

    ``error`` is `Described` as JSON, where an exception ended it.
    """

    kind = "trained"
    device: Untrusted
    seconds: Untrusted
    notes: Untrusted
    error: Untrusted = None
