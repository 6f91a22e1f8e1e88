"""What a check is: a plain function under a decorator; its docstring is what the student reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from grader.examiner.answers import Probes, Put
from grader.kit.observation import Observation
from grader.kit.probe import Probe

Evidence = Mapping[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Setting:
    """The model that a class is examined in.

    Attributes:
        full: whether it has the assignment's own sizes instead of small ones.
        stood_in: the helper methods that known functions take the place of.
        own: helpers that are broken, and the student's own all the same.
    """

    full: bool = False
    stood_in: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exam:
    """One grading, as a check sees it: candidates to ask, and the examiner's own random numbers.

    Attributes:
        put: puts probes to a fresh candidate (see `Answers`).
        foresee: hears what a check is going to ask one after the other.
        seed: of all draws; two gradings under one seed agree.
        setting: the model to examine the class in.
        unlisted: a number that depends on the class, for choices that no class can list beforehand.
    """

    put: Put
    seed: int = 0
    foresee: Callable[[Sequence[Probes]], None] | None = None
    setting: Setting = Setting()
    unlisted: int = 0
    _found: dict[str, Any] = field(default_factory=dict, repr=False)
    _finding: Lock = field(default_factory=Lock, repr=False)

    def ask(self, probe: Probe) -> Observation:
        """What a fresh candidate makes of a probe."""
        return self.put((probe,))[0]

    def ask_together(self, probes: Iterable[Probe]) -> tuple[Observation, ...]:
        """What a fresh candidate makes of probes, one after the other."""
        return self.put(tuple(probes))

    def expect(self, *questions: Probes) -> None:
        """Say what will be asked one after the other, so that it can be put at the same time."""
        if self.foresee is not None:
            self.foresee(questions)

    def once(self, name: str, find: Callable[[], Found]) -> Found:
        """What ``find`` makes of answers that several checks judge; it may not ask."""
        with self._finding:
            if name not in self._found:
                self._found[name] = find()
            return self._found[name]

    def generator(self, *key: int) -> np.random.Generator:
        """Random numbers that depend on the seed and the key alone."""
        return generator(self.seed, *key)

    def rows(self, least: int, most: int) -> int:
        """How many rows a batch has, between two bounds: the same in every grading of a class."""
        return _rows(self.unlisted, least, most)

    def at(self, setting: Setting) -> Exam:
        """The same grading in another model."""
        return replace(self, setting=setting, _found={}, _finding=Lock())


def generator(seed: int, *key: int) -> np.random.Generator:
    """Random numbers that depend on the seed of an `Exam` and the key alone."""
    return np.random.default_rng((seed, *key))


@lru_cache(maxsize=64)
def _rows(unlisted: int, least: int, most: int) -> int:
    return int(generator(unlisted, least, most).integers(least, most + 1))


class Lost(Exception):  # noqa: N818 - a verdict, not a fault
    """A check failed: what was expected and what came, and what to think about.

    Attributes:
        hint: points to the idea, never to the line of code.
        misconception: name of a known error, where one explains what came.
        evidence: numbers for programs, as JSON.
        is_shown: whether no other sizes of the model can change the verdict.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        misconception: str | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.misconception = misconception
        self.evidence = dict(evidence or {})
        self.is_shown = False


class NotReached(Exception):  # noqa: N818 - a verdict, not a fault
    """What a check builds on failed, so it can't say anything."""


@dataclass(frozen=True)
class Check:
    """One graded property of a task.

    Attributes:
        id: ``task.property``, as in rubric.yaml.
        title: the first line of the docstring.
        hint: what to think about when it is lost and nothing more special is known.
        run: examines the submission; returns evidence, or raises `Lost` or `NotReached`.
    """

    id: str
    title: str
    hint: str
    run: Callable[[Exam], Evidence | None] = field(repr=False)

    @property
    def task(self) -> str:
        """Id of the task that it belongs to."""
        return self.id.split(".")[0]


def check(id: str, hint: str) -> Callable[[Callable[[Exam], Evidence | None]], Check]:
    """Make a check of a function."""

    def decorate(function: Callable[[Exam], Evidence | None]) -> Check:
        title = (function.__doc__ or id).strip().splitlines()[0].rstrip(".")
        return Check(id, title, hint, function)

    return decorate
