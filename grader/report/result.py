"""The result of grading: the public contract, frozen. Writers turn it into text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA_VERSION = 1

CheckStatus = Literal["passed", "failed", "not_reached", "grader_error"]
Status = Literal["graded", "ungradable", "grader_error"]


@dataclass(frozen=True)
class CheckResult:
    """What one check earned, and why: message and hint are for the student."""

    id: str
    title: str
    points: float
    max_points: float
    status: CheckStatus
    message: str = ""
    hint: str = ""
    misconception: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskResult:
    """Points of a task and its checks; ``location`` is where the method stands in the notebook."""

    id: str
    title: str
    points: float
    max_points: float
    checks: tuple[CheckResult, ...]
    location: Mapping[str, int] | None = None


@dataclass(frozen=True)
class RuleResult:
    """Whether a rule was kept, what breaking it costs, and where it was broken."""

    id: str
    status: Literal["kept", "broken"]
    message: str
    consequence: str
    locations: tuple[Mapping[str, int], ...] = ()


@dataclass(frozen=True)
class Submission:
    """What was graded."""

    path: str
    sha256: str
    student: str


@dataclass(frozen=True)
class Run:
    """What came of executing the whole notebook; ``notes`` say which caps were reached.

    It is "interrupted" if the machine ended it and not the notebook.
    """

    status: Literal["completed", "failed", "timed_out", "killed", "interrupted", "not_run"] = (
        "not_run"
    )
    seconds: float | None = None
    cell: int | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    """What came of training the class for a few steps; losses are negative ELBOs in nats.

    Attributes:
        status: how it ended; "interrupted" if the machine ended it and not the class.
        device: "cuda" or "cpu".
        steps: how many steps were made.
        losses: the loss at each step; None where it is not finite.
        finite: whether all losses are.
        fell: whether the loss fell as a right solution's does; None if that can't be said.
        steps_per_second: the speed of the steps alone.
        error: what went wrong, in a sentence.
        notes: what is unusual, such as a GPU that can't be used.
    """

    status: Literal["completed", "failed", "timed_out", "killed", "interrupted", "not_run"] = (
        "not_run"
    )
    device: str | None = None
    steps: int = 0
    first_loss: float | None = None
    last_loss: float | None = None
    losses: tuple[float | None, ...] = ()
    finite: bool | None = None
    fell: bool | None = None
    steps_per_second: float | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """Everything that is known about a graded submission.

    ``reason`` says in one sentence why nothing could be graded, where ``status`` is not "graded".
    """

    submission: Submission
    status: Status
    points: float
    max_points: float
    tasks: tuple[TaskResult, ...] = ()
    rules: tuple[RuleResult, ...] = ()
    run: Run = Run()
    training: Training = Training()
    advice: tuple[str, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def is_open(self) -> bool:
        """Whether something in it is undecided, which another grading may decide."""
        interrupted = "interrupted" in (self.run.status, self.training.status)
        return self.status == "grader_error" or interrupted
