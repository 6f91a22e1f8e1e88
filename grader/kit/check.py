"""What a check is: a generator function under a decorator; its docstring is what students read.

A check yields what it asks, a probe or several, and is sent what fresh candidates made of it:

    @check("task.property", "What to think about when it is lost.")
    def property(exam: Exam) -> Steps[None]:
        '''What holds of a right method'''
        observation = yield probe
        first, second = yield [probe, other]

It returns where all is right, or raises `Lost` or `NotReached`. What several checks make of the
same answers is a generator of its own, which they ``yield from``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from grader.kit.probe import Probe

T = TypeVar("T")

Request = Probe | Sequence[Probe]
"""What a check yields: one probe, or several, each of which is answered by itself."""

Steps = Generator[Request, Any, T]
"""A part of a check that asks; what it is sent is an `Observation` for each probe."""


@dataclass(frozen=True)
class Setting:
    """The model that a class is examined in.

    Attributes:
        full: whether it has the assignment's own sizes instead of small ones.
        stubbed: the helper methods that known functions take the place of, and customs of broken
            ones that these keep, as ``method.custom``.
        unstubbed: helpers that are broken, and the student's own all the same.
    """

    full: bool = False
    stubbed: frozenset[str] = frozenset()
    unstubbed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exam:
    """One grading, as a check sees it.

    Attributes:
        seed: of all draws; two gradings under one seed agree.
        setting: the model to examine the class in.
        unlisted: a number that depends on the class, for choices that no class can list beforehand.
        computed: what `once` has computed so far.
    """

    seed: int = 0
    setting: Setting = Setting()
    unlisted: int = 0
    computed: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, compute: Callable[..., T], *arguments: Any, of: str = "") -> T:
        """Return what ``compute(*arguments)`` gave the first time that it was wanted.

        It is for what several checks make of the same answers: the arguments are the same, or
        ``of`` names the method that they are about.
        """
        key = compute, of
        if key not in self.computed:
            self.computed[key] = compute(*arguments)
        result: T = self.computed[key]
        return result

    def generator(self, *key: int) -> np.random.Generator:
        """Return random numbers that depend on the seed and the key alone."""
        return generator(self.seed, *key)

    def rows(self, least: int, most: int) -> int:
        """Return how many rows a batch has: the same in every grading of a class."""
        return _rows(self.unlisted, least, most)

    def at(self, setting: Setting) -> Exam:
        """Return the same grading in another model."""
        return replace(self, setting=setting, computed={})


def generator(seed: int, *key: int) -> np.random.Generator:
    """Return random numbers that depend on the seed of an `Exam` and the key alone."""
    return np.random.default_rng((seed, *key))


@lru_cache(maxsize=64)
def _rows(unlisted: int, least: int, most: int) -> int:
    return int(generator(unlisted, least, most).integers(least, most + 1))


class Lost(Exception):  # noqa: N818 - a verdict, not a fault
    """A check failed: what was expected and what came, and what to think about.

    Attributes:
        hint: points to the idea, never to the line of code.
        misconceptions: ids of known errors that explain the values together.
        evidence: numbers for programs, as JSON.
        is_shown: whether no other sizes of the model can change the verdict.
        unexplained: the verdict without its misconceptions, if it was explained afterwards.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        misconceptions: tuple[str, ...] = (),
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.misconceptions = misconceptions
        self.evidence = dict(evidence or {})
        self.is_shown = False
        self.unexplained: Lost | None = None  # itself would be a cycle, with all it holds


class NotReached(Exception):  # noqa: N818 - a verdict, not a fault
    """What a check builds on failed, so it can't say anything."""


@dataclass(frozen=True)
class Check:
    """One graded property of a task.

    Attributes:
        id: ``task.property``, as in rubric.yaml.
        title: the first line of the docstring.
        hint: what to think about when it is lost and nothing more special is known.
        examine: begins to examine a submission.
    """

    id: str
    title: str
    hint: str
    examine: Callable[[Exam], Steps[Any]] = field(repr=False)

    @property
    def task(self) -> str:
        """Id of the task that it belongs to."""
        return self.id.split(".")[0]


def check(id: str, hint: str) -> Callable[[Callable[[Exam], Steps[None]]], Check]:
    """Make a check of a function."""

    def decorate(function: Callable[[Exam], Steps[None]]) -> Check:
        title = (function.__doc__ or id).strip().splitlines()[0].rstrip(".")
        return Check(id, title, hint, function)

    return decorate
