"""The result of grading: the public contract, frozen. Writers turn it into text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal

SCHEMA_VERSION = 1

CheckStatus = Literal["passed", "failed", "not_reached", "grader_error"]
RunStatus = Literal["completed", "failed", "timed_out", "killed", "interrupted", "not_run"]
Status = Literal["graded", "ungradable", "grader_error"]

JOINT = "+"
"""Between the ids of misconceptions that explain a check's answer together."""


def json_fields(kind: Any) -> tuple[Field[Any], ...]:
    """Return the fields of a dataclass that its JSON has: the others are for writers alone."""
    return tuple(field for field in fields(kind) if field.metadata.get("json", True))


@dataclass(frozen=True)
class TryIt:
    """Lines that a student can paste: what they print of the class as it is, what is right."""

    code: str
    got: str
    right: str


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
    try_it: TryIt | None = None

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """The ids of the misconceptions that explain the answer."""
        return tuple(self.misconception.split(JOINT)) if self.misconception else ()

    @property
    def is_open(self) -> bool:
        """Whether its points are not decided, since the grader itself failed."""
        return self.status == "grader_error"

    @property
    def is_earned(self) -> bool:
        """Whether its points are given, be it by hand; for formats that know no more than that.

        A check that was passed but isn't counted, for a broken rule, is not earned.
        """
        if self.max_points > 0:
            return self.points >= self.max_points
        return self.status == "passed"


@dataclass(frozen=True)
class TaskResult:
    """Points of a task and its checks; ``location`` is where the method stands in the notebook."""

    id: str
    title: str
    points: float
    max_points: float
    checks: tuple[CheckResult, ...]
    location: Mapping[str, int] | None = None
    method: str = field(default="", metadata={"json": False})
    """Name of the method that is written for the task; "" where it isn't known."""
    undecided: bool = field(default=False, metadata={"json": False})
    """Whether a person grades it, who has not decided yet."""
    in_total: bool = field(default=False, metadata={"json": False})
    """Whether a person grades it, who has decided about the total alone."""

    @property
    def lost(self) -> tuple[CheckResult, ...]:
        """The checks that are not passed."""
        return tuple(check for check in self.checks if check.status != "passed")

    @property
    def told(self) -> tuple[CheckResult, ...]:
        """The checks that have something to say."""
        return tuple(check for check in self.checks if check.status != "passed" or check.message)

    @property
    def is_open(self) -> bool:
        """Whether some of its points are not decided."""
        return self.undecided or any(check.is_open for check in self.checks)


@dataclass(frozen=True)
class RepeatedMisconception:
    """One misconception that explains losses in several tasks.

    Attributes:
        misconceptions: its ids, one for each task.
        title: it in words, as a clause that follows "if".
        tasks: titles of the tasks, in their order.
    """

    misconceptions: tuple[str, ...]
    title: str
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class RuleResult:
    """Whether a rule was kept, what breaking it costs, and where it was broken."""

    id: str
    status: Literal["kept", "broken"]
    message: str
    consequence: str
    locations: tuple[Mapping[str, int], ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether breaking it costs no points."""
        return self.consequence.startswith("It costs no points")

    @property
    def cost(self) -> float:
        """The points of the total that its consequence names; 0 if it names none."""
        match = re.match(r"It costs (\d[\d.e+-]*) points?\b", self.consequence)
        return float(match[1]) if match else 0.0


@dataclass(frozen=True)
class Submission:
    """The file that was graded, and its student."""

    path: str
    sha256: str
    student: str


NO_ERROR = "This may be no error of yours:"
"""How a note on a run or a training begins that the advice repeats."""


@dataclass(frozen=True)
class Run:
    """The execution of the whole notebook; ``notes`` say which caps were reached.

    It is "interrupted" if the machine ended it and not the notebook.
    """

    status: RunStatus = "not_run"
    seconds: float | None = None
    cell: int | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    """The training of the class for a few steps; losses are in nats.

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

    status: RunStatus = "not_run"
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
class OtherGrading:
    """Another grading of the same student, of which the one with the higher total counts.

    Attributes:
        counts: whether that other one counts, and this one doesn't.
        points: the total of the other.
        max_points: its maximum.
    """

    counts: bool
    points: float
    max_points: float


@dataclass(frozen=True)
class Result:
    """Everything that is known about a graded submission.

    ``reason`` says in one sentence why nothing could be graded, where ``status`` is not "graded".
    ``cells`` are the names by which texts call the cells, as students see them, by the numbers that
    places have. ``other_grading`` is there where a regrade may not lower the total, and would have.
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
    repeated: tuple[RepeatedMisconception, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str | None = None
    schema_version: int = SCHEMA_VERSION
    cells: Mapping[str, str] = field(default_factory=dict)
    other_grading: OtherGrading | None = None

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """The checks of all tasks."""
        return tuple(check for task in self.tasks for check in task.checks)

    @property
    def tasks_and_checks(self) -> tuple[TaskResult | CheckResult, ...]:
        """Everything that has an id and points."""
        return (*self.tasks, *self.checks)

    @property
    def earned_in_tasks(self) -> float:
        """The sum over the tasks, before broken rules take anything off."""
        return sum(task.points for task in self.tasks)

    @property
    def broken_rules(self) -> tuple[RuleResult, ...]:
        """The rules that were not kept."""
        return tuple(rule for rule in self.rules if rule.status == "broken")

    @property
    def is_open(self) -> bool:
        """Whether something in it is undecided, which another grading or a person may decide."""
        interrupted = "interrupted" in (self.run.status, self.training.status)
        return self.status == "grader_error" or interrupted or self.waits_for_person

    @property
    def has_open_points(self) -> bool:
        """Whether its total isn't known yet, and would be too low in any average."""
        return self.status == "grader_error" or self.waits_for_person

    @property
    def waits_for_person(self) -> bool:
        """Whether a task that people grade is not decided yet."""
        return any(task.undecided for task in self.tasks)
