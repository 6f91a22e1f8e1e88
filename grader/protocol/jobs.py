"""What an examiner asks a candidate to do. The names of fields are the keys on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

Json = dict[str, Any]
Kind = TypeVar("Kind", bound="ProgramJob")


NARROW, AS_TRAINED, WITH_DOUBTFUL, ALL_BEFORE = range(4)
"""How wide a slice is: what reading tells that the class needs; that without what comes after the
notebook's first training; also what may change what is needed or binds it from data; and all cells
before the class's last change. None of them trains."""


@dataclass(frozen=True)
class Cell:
    """A cell of a program: its source, and the indices of the statements to execute.

    ``module`` is the student's own module of which it is a part, "" for the notebook.
    """

    number: int
    source: str
    keep: Sequence[int]
    module: str = ""


@dataclass(frozen=True)
class Program:
    """What a candidate executes to have the class.

    Attributes:
        cells: in their order.
        flags: the compiler's.
        class_name: name of the class.
        width: how much beside the class is in it, from `NARROW` to `ALL_BEFORE`.
        modules: modules of the student's own that are among the cells, and packages around them.
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
    training: bool
    heard: bool
    parameters: Sequence[str]
    cotangents: Sequence[int] | None

    @classmethod
    def from_json(cls, body: Json) -> Call:
        arguments = [(name, Argument(**given)) for name, given in body["arguments"]]
        return cls(**{**body, "arguments": arguments})


@dataclass(frozen=True)
class Stubs:
    """Functions that take the place of methods; see `grader.kit.probe.Stubs`."""

    source: str
    methods: Sequence[str]
    noise: int


@dataclass(frozen=True)
class Question:
    """A model to build and the calls to make; see `grader.kit.probe.Probe`."""

    sizes: Sequence[int]
    weights: Mapping[str, int]
    spare: Mapping[str, int]
    stubs: Stubs | None
    calls: Sequence[Call]

    @classmethod
    def from_json(cls, body: Json) -> Question:
        stubs = body["stubs"] and Stubs(**body["stubs"])
        calls = [Call.from_json(call) for call in body["calls"]]
        return cls(**{**body, "stubs": stubs, "calls": calls})


@dataclass(frozen=True)
class ProgramJob:
    """What is to be done with a student's program."""

    program: Program

    def to_json(self) -> Json:
        return {**vars(self), "program": asdict(self.program)}

    @classmethod
    def from_json(cls: type[Kind], body: Mapping[str, Any]) -> Kind:
        return cls(**{**body, "program": Program.from_json(body["program"])})


@dataclass(frozen=True)
class Job(ProgramJob):
    """What a candidate has to do.

    Attributes:
        methods: names of the methods that are watched.
        constructor: names of the sizes, which are bound as globals too.
        instance: the name that is bound to the model.
        computed: arguments that other layers compute in training, so that they have a graph.
        seed: of the generators, before each question.
        questions: `Question` as JSON, and the index of the first array of each.
    """

    methods: Sequence[str]
    constructor: Sequence[str]
    instance: str
    computed: Sequence[str]
    seed: int
    questions: Sequence[tuple[Json, int]]


@dataclass(frozen=True)
class TrainingJob(ProgramJob):
    """What a trainer has to do; its message's first array are the rows to train on.

    Attributes:
        environment: name of the assignment's module (`Assignment.kernel_module`).
        beside: statements that bind globals which the class uses, outside of the program.
        others: further globals to bind, with their values.
        objective: the method of which the mean over the rows is maximised.
    """

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
