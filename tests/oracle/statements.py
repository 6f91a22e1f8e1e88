"""What a report states of a method, and what an oracle is given to hold it to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from grader.report.result import TaskResult
from tests.variant_bank import Variant
from tests.variant_measures import FULL, SMALL, Sizes, build


@dataclass(frozen=True)
class Statement:
    """A cause that a report names.

    Attributes:
        task: the task in whose checks it stands.
        name: its name in the task's catalogue.
        check: the id of the check that it explains.
        fields: what fills the fields of its words.
    """

    task: str
    name: str
    check: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id in results."""
        return f"{self.task}.{self.name}"

    def __str__(self) -> str:
        return f"{self.check}: {self.name} {dict(self.fields)}"

    def text(self, name: str) -> str:
        """A field as it is read; empty where it has none of this name."""
        return str(self.fields.get(name, "")).strip()

    def number(self, name: str) -> float:
        """The number that fills a field, as read: 'about 10' is 10, and '30%' is 0.3."""
        words = self.text(name).removeprefix("about ").replace(",", "")
        return float(words[:-1]) / 100 if words.endswith("%") else float(words)


@dataclass(frozen=True)
class Method:
    """A wrong method, and all that is stated of it.

    Attributes:
        variant: the method.
        said: every statement of the report about its task, for an error may hide another.
        sizes: rows, pixels, latent dimensions and hidden units of its model.
    """

    variant: Variant
    said: tuple[Statement, ...] = ()
    sizes: Sizes = SMALL

    def model(self, seed: int = 0) -> Any:
        """A model with the method, its weights always the same."""
        restart(seed)
        return build(self.variant, sizes=self.sizes)

    def names(self) -> frozenset[str]:
        """The names of all that is stated."""
        return frozenset(statement.name for statement in self.said)


Holds = Callable[[Method, Statement], bool]
"""Says whether a statement is true of a method; it may raise where the method does."""

Oracle = Mapping[str, Holds]
"""How the statements of a task are held, by their names."""


def restart(seed: int = 3) -> None:
    """Let all generators start anew."""
    torch.manual_seed(seed)
    np.random.seed(seed)


def statements(tasks: Iterable[TaskResult]) -> Iterator[Statement]:
    """The causes that a report names, check by check."""
    for task in tasks:
        for check in task.checks:
            facts = list(check.evidence.get("facts", ()))
            for id in check.misconceptions:
                task, _, name = id.partition(".")
                own = next((fact for fact in facts if fact["id"] == id), None)
                if own is not None:  # an id may come twice, with other fields
                    facts.remove(own)
                fields = {key: value for key, value in (own or {}).items() if key != "id"}
                yield Statement(task, name, check.id, fields)


def holds(oracle: Oracle, method: Method, statement: Statement) -> bool:
    """Whether a statement is true of a method."""
    return at_either_size(method, lambda at: oracle[statement.name](at, statement))


def at_either_size(method: Method, is_so: Callable[[Method], bool]) -> bool:
    """Whether something holds at small sizes, or at the assignment's own where those fail.

    A predicate that needs larger sizes than it has raises an error, as a method does.
    """
    small, full = (Method(method.variant, method.said, sizes) for sizes in (SMALL, FULL))
    try:
        return is_so(small)
    except (RuntimeError, AttributeError, IndexError, TypeError, ValueError):
        return is_so(full)
