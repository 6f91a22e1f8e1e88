"""A rule that a submission breaks, and where."""

from __future__ import annotations

from dataclasses import dataclass

NO_DISTRIBUTIONS = "no_distributions"
NO_ADDITIONAL_IMPORTS = "no_additional_imports"
NO_EDITS_OUTSIDE_BLOCKS = "no_edits_outside_blocks"


@dataclass(frozen=True)
class Finding:
    """One place that breaks the rule ``rule``; ``task`` is the task whose method it concerns."""

    rule: str
    task: str | None
    cell: int
    line: int
    message: str
