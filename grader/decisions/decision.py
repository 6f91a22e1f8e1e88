"""What a person can decide about results, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from grader.report.course import TOTAL
from grader.report.result import Result

EVERYONE = "everyone"

AppealStatus = Literal["open", "accepted", "declined"]
APPEAL_STATUSES: tuple[AppealStatus, ...] = ("open", "accepted", "declined")


@dataclass(frozen=True)
class Where:
    """The students for whom something is decided, told by what the grader says of their notebooks.

    All that is given must hold; where nothing is given, everyone is meant.

    Attributes:
        misconception: id of one that must be named.
        check: id of a check that must be there.
        status: what the check's must be.
        says: what the check's message must be, word for word: those with the same wrong values.
        rule: id of one that must be broken.
    """

    misconception: str = ""
    check: str = ""
    status: str = ""
    says: str = ""
    rule: str = ""

    def fits(self, result: Result) -> bool:
        """Return whether a result, as the grader gave it, is of one of these students."""
        return (
            (not self.misconception or self._is_misunderstood(result))
            and (not self.check or self._is_checked(result))
            and (not self.rule or any(rule.id == self.rule for rule in result.broken_rules))
        )

    def _is_misunderstood(self, result: Result) -> bool:
        return any(self.misconception in check.misconceptions for check in result.checks)

    def _is_checked(self, result: Result) -> bool:
        return any(
            check.id == self.check
            and self.status in ("", check.status)
            and self.says in ("", check.message)
            for check in result.checks
        )

    @property
    def words(self) -> str:
        """Who is meant, in words."""
        conditions = [
            *([f"the misconception {self.misconception}"] if self.misconception else []),
            *([f"{self.check} {self.status.replace('_', ' ')}".rstrip()] if self.check else []),
            *(["the same message"] if self.says else []),
            *([f"the rule {self.rule} broken"] if self.rule else []),
        ]
        return f"everyone with {' and '.join(conditions)}" if conditions else EVERYONE


CONDITIONS = tuple(condition.name for condition in fields(Where))
"""What may stand below ``where`` in the file."""


@dataclass(frozen=True)
class Decision:
    """One entry of the file of overrides.

    Attributes:
        number: its place in the file, from 1.
        line: the line that it starts in.
        student: a result's name, or a student's name, id or e-mail address; "" with ``where``.
        where: for whom else it holds.
        target: a task, a check, or the total.
        points: what the target has from now on; None leaves it.
        comment: for the student, about the target.
        reason: why the points, or the appeal's end, are as they are.
        was: the points at the time, so that a change since is pointed out.
        by: who decided.
        at: when, as the file has it.
        due: until when it may be handed in, in place of the rubric's time.
        submitted: when it was handed in, in place of what the platform says.
        appeal: what the student says against the target's points.
        status: of the appeal; None where there is none.
        seen: whether a person has looked at the submission, so that it needs nobody any more.
        entry: it as the file has it.
    """

    number: int
    line: int
    student: str = ""
    where: Where | None = None
    target: str = TOTAL
    points: float | None = None
    comment: str = ""
    reason: str = ""
    was: float | None = None
    by: str = ""
    at: str = ""
    due: datetime | None = None
    submitted: datetime | None = None
    appeal: str = ""
    status: AppealStatus | None = None
    seen: bool = False
    entry: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def whom(self) -> str:
        """For whom it holds, in words."""
        return self.where.words if self.where else self.student

    @property
    def title(self) -> str:
        """What messages call it."""
        told = {"due": self.due, "submitted": self.submitted, "seen": self.seen}
        has_target = self.points is not None or self.comment or self.status
        keys = ", ".join(key for key, value in told.items() if value)
        about = self.target if has_target or not keys else keys
        return f"Override {self.number} (line {self.line}: {self.whom}, {about})"

    @property
    def rank(self) -> int:
        """How special it is about whom it holds for: the more special has the last word."""
        if self.where is None:
            return 2
        return 0 if self.where == Where() else 1
