"""Rules, what they are read from, and findings of what breaks one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from grader.submission.cells import Notebook
from grader.submission.slices import Slice
from grader.submission.template import Template

Consequence = Literal["task", "advice"] | float
"""What a broken rule costs: the task, nothing, or so many points of the total."""


@dataclass(frozen=True)
class Finding:
    """One place that breaks the rule ``rule``; ``task`` is the task whose method it concerns."""

    rule: str
    task: str | None
    cell: int
    line: int
    message: str


@dataclass(frozen=True)
class Source:
    """The source that is read for rules.

    Attributes:
        code: the class that was graded, and the notebook that it was cut out of.
        template: the notebook that students received; None where there is none to compare with.
        notebook: the file as it was handed in; None where there is none.
    """

    code: Slice
    template: Template | None = None
    notebook: Notebook | None = None


@dataclass(frozen=True)
class Seen:
    """The record of a submission's code when it ran.

    Attributes:
        distributions: the methods that used `torch.distributions`.
        no_fall: how the loss of a training didn't fall; None if it fell, or wasn't judged.
    """

    code: Slice
    distributions: frozenset[str] = frozenset()
    no_fall: str | None = None


def _nothing(*_: object) -> Iterable[Finding]:
    return ()


@dataclass(frozen=True)
class Rule:
    """One rule of an assignment.

    Attributes:
        id: its name in rubric and result.
        place: where it stands in the report; lower ones come first.
        default: what it costs where the rubric says nothing.
        kept: what the report says if it is kept.
        in_a_task: whether it is broken in a task's method, so that it can cost the task.
        read: find what breaks it in the source.
        watch: find what broke it when the code ran, given what was found before.
    """

    id: str
    place: int
    default: Consequence
    kept: str
    in_a_task: bool = False
    read: Callable[[Source], Iterable[Finding]] = _nothing
    watch: Callable[[Seen, tuple[Finding, ...]], Iterable[Finding]] = _nothing

    def broken(
        self, message: str, cell: int = 0, line: int = 0, task: str | None = None
    ) -> Finding:
        """Return a finding of this rule."""
        return Finding(self.id, task, cell, line, message)
