"""The messages between examiner and candidate: each word of the wire is spelled here alone.

A message is a frozen dataclass, and the names of its fields are the keys on the wire. What the
examiner sends is read back as it was. What a candidate sends may be anything: `read` fills the
fields with what came, and whoever uses it checks it first (see `grader.kit.observation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal, TypedDict, TypeVar, get_args

Json = dict[str, Any]

Untrusted = Any
"""A field of an answer: of any type, whatever it should be."""

LAYERS = ("files", "system calls", "privileges", "resources")
"""The layers of confinement."""

Stage = Literal["load", "construct", "call", "backward"]
"""What a candidate was at: executing the program, building the model, or one of its calls."""

FailureKind = Literal["raised", "timed_out", "died", "nonsense"]

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

READY = b"."
"""What a kernel says when it listens, and a candidate of its own when its imports are done."""


class ForkRequest(TypedDict, total=False):
    """What a fork server is asked for.

    Attributes:
        server: module of a service; the fork becomes a fork server of it.
        arguments: what that service is prepared with, and told again in each of its forks.
        limits: of the fork (see `grader.protocol.limits.Limits`).
        folder: where it may write, which is measured.
        scratch: a folder in which a fresh one is made for it and removed after its end.
        late: whether the service's late imports are to be made before.
        trust: whether it may run where it can't be confined.
    """

    server: str
    arguments: Sequence[str]
    limits: Mapping[str, Any]
    folder: str
    scratch: str
    late: bool
    trust: bool


class KernelRequest(ForkRequest, total=False):
    """What a kernel is asked for.

    Attributes:
        connection_file: of Jupyter's.
        data: folder of the data set.
        whole: whether that is repeated to its full length.
        elsewhere: whether the notebook names folders that only hosted notebooks have.
    """

    connection_file: str
    data: str
    whole: bool
    elsewhere: bool


class ForkNews(TypedDict, total=False):
    """What a fork server tells of a fork: its pid, then how it ended, or why there is none.

    Attributes:
        signal: the one that ended it.
        exit: its exit status, where it ended by itself.
        excess: what it had too much of: "folder" or "disk".
        seconds: CPU time that it used.
        bytes: memory that it held at the most.
    """

    pid: int
    refused: str
    signal: int
    exit: int
    excess: Literal["folder", "disk"]
    seconds: float
    bytes: int


@dataclass(frozen=True)
class Cell:
    """A cell of a program: its source, and the indices of the statements to execute."""

    number: int
    source: str
    keep: Sequence[int]


@dataclass(frozen=True)
class Program:
    """What a candidate executes to have the class.

    Attributes:
        cells: in their order.
        flags: the compiler's.
        class_name: name of the class.
        width: how much beside the class is in it (see `grader.submission.slicer`).
        modules: modules of the student's own that are among the cells.
        plotting: modules that come with the assignment and only plot.
    """

    cells: Sequence[Cell]
    flags: int
    class_name: str
    width: int
    modules: Sequence[str]
    plotting: Sequence[str]

    @classmethod
    def from_json(cls, body: Json) -> Program:
        return cls(**{**body, "cells": [Cell(**cell) for cell in body["cells"]]})


@dataclass(frozen=True)
class Argument:
    """An argument of a call: a plain value, or the index of an array.

    ``grad`` says whether the gradient in it is asked for.
    """

    value: int | None = None
    array: int | None = None
    grad: bool = False


@dataclass(frozen=True)
class Call:
    """A call of a method; see `grader.kit.probe.Call`. Arrays are given by their indices."""

    method: str
    arguments: Sequence[tuple[str, Argument]]
    batch_size: int
    repeat: int
    keep: bool
    generators: bool
    recorded: bool
    parameters: Sequence[str]
    cotangents: Sequence[int] | None

    @classmethod
    def from_json(cls, body: Json) -> Call:
        arguments = [(name, Argument(**given)) for name, given in body["arguments"]]
        return cls(**{**body, "arguments": arguments})


@dataclass(frozen=True)
class StandIns:
    """Functions that take the place of methods; see `grader.kit.probe.StandIns`."""

    source: str
    methods: Sequence[str]
    noise: int


@dataclass(frozen=True)
class Question:
    """A model to build and the calls to make; see `grader.kit.probe.Probe`."""

    sizes: Sequence[int]
    weights: Mapping[str, int]
    spare: Mapping[str, int]
    stand_ins: StandIns | None
    calls: Sequence[Call]

    @classmethod
    def from_json(cls, body: Json) -> Question:
        stand_ins = body["stand_ins"] and StandIns(**body["stand_ins"])
        calls = [Call.from_json(call) for call in body["calls"]]
        return cls(**{**body, "stand_ins": stand_ins, "calls": calls})


@dataclass(frozen=True)
class Job:
    """What a candidate has to do.

    Attributes:
        program: of the student's.
        methods: names of the methods that are watched.
        constructor: names of the sizes, which are bound as globals too.
        instance: the name that is bound to the model.
        computed: arguments that other layers compute in training, so that they have a graph.
        seed: of the generators, before each question.
        questions: `Question` as JSON, and the index of the first array of each.
    """

    program: Program
    methods: Sequence[str]
    constructor: Sequence[str]
    instance: str
    computed: Sequence[str]
    seed: int
    questions: Sequence[tuple[Json, int]]

    def to_json(self) -> Json:
        return {**vars(self), "program": asdict(self.program)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Job:
        return cls(**{**body, "program": Program.from_json(body["program"])})


@dataclass(frozen=True)
class TrainingJob:
    """What a trainer has to do; its message's first array are the rows to train on.

    Attributes:
        environment: name of the assignment's module (`Assignment.kernel_module`).
        beside: statements that bind globals which the class uses, outside of the program.
        others: further globals to bind, with their values.
        objective: the method of which the mean over the rows is maximised.
    """

    program: Program
    environment: str
    constructor: Sequence[str]
    sizes: Sequence[int]
    others: Mapping[str, int]
    instance: str
    beside: Sequence[Json]
    objective: str
    steps: int
    batch_size: int
    learning_rate: float
    seed: int

    def to_json(self) -> Json:
        return {**vars(self), "program": asdict(self.program)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> TrainingJob:
        return cls(**{**body, "program": Program.from_json(body["program"])})


@dataclass(frozen=True)
class Confined:
    """A candidate is confined by these layers, in words."""

    kind: ClassVar = "confined"
    layers: Untrusted


@dataclass(frozen=True)
class Unconfined:
    """A candidate lacks these layers, so nothing runs."""

    kind: ClassVar = "unconfined"
    missing: Untrusted


@dataclass(frozen=True)
class Ready:
    """A model is built; ``late`` says whether what torch imports late is there."""

    kind: ClassVar = "ready"
    late: Untrusted = False


@dataclass(frozen=True)
class Described:
    """An exception: where it came from in the student's code, and the `Refusal` behind it."""

    type: Untrusted
    text: Untrusted
    cell: Untrusted = None
    line: Untrusted = None
    refused: Untrusted = None


@dataclass(frozen=True)
class Raised:
    """A program, a constructor or a call raised; ``error`` is `Described` as JSON."""

    kind: ClassVar = "raised"
    stage: Untrusted
    error: Untrusted
    touched: Untrusted = ()
    late: Untrusted = False


@dataclass(frozen=True)
class Returned:
    """A call returned.

    Attributes:
        values: `Encoded` as JSON, one for each repetition.
        gradients: index of an array, or None, by name.
        backward: `Described` as JSON, where the gradients could not be had.
        kept: the arguments after the last call, `Encoded` as JSON, by name.
        generators: the states of the generators before and after.
        touched: methods that have used what is watched for.
    """

    kind: ClassVar = "returned"
    values: Untrusted
    gradients: Untrusted = field(default_factory=dict)
    backward: Untrusted = None
    kept: Untrusted = field(default_factory=dict)
    generators: Untrusted = None
    touched: Untrusted = ()
    late: Untrusted = False


@dataclass(frozen=True)
class Encoded:
    """Something a method returned: an array's index, or items, or neither.

    ``type`` is a dtype, or the name of a class where there is no array.
    """

    form: Untrusted = None
    array: Untrusted = None
    items: Untrusted = None
    type: Untrusted = ""


@dataclass(frozen=True)
class Trained:
    """What came of a training; the message's array are the losses.

    ``error`` is `Described` as JSON, where an exception ended it.
    """

    kind: ClassVar = "trained"
    device: Untrusted
    seconds: Untrusted
    notes: Untrusted
    error: Untrusted = None


Reply = TypeVar("Reply", Confined, Unconfined, Ready, Raised, Returned, Trained)
Part = TypeVar("Part", Described, Encoded)


def reply_body(reply: Confined | Unconfined | Ready | Raised | Returned | Trained) -> Json:
    """Return a reply as JSON."""
    return {"kind": reply.kind, **vars(reply)}


def read_reply(body: Mapping[str, Any], cls: type[Reply]) -> Reply | None:
    """Return the reply that a body is; None if it is of another kind or lacks a field."""
    return _filled(body, cls) if body.get("kind") == cls.kind else None


def read_part(body: Any, cls: type[Part]) -> Part | None:
    """Return a part of a reply; None if it is no object, or lacks a field."""
    return _filled(body, cls) if isinstance(body, dict) else None


def _filled(body: Mapping[str, Any], cls: Any) -> Any:
    known = {f.name: body[f.name] for f in fields(cls) if f.name in body}
    try:
        return cls(**known)
    except TypeError:
        return None
