"""What a diagnosis has found out, and which checks it explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.kit.misconception import Finding

LIKELIHOOD = frozenset(("likelihood", "exact"))
DIVERGENCE = frozenset(("divergence", "exact"))
VALUE = LIKELIHOOD | DIVERGENCE
ROWS = frozenset(("per_sample",))
DRAW = frozenset(("sampled",))
ALL = VALUE | ROWS | DRAW | frozenset(("gradient",))


@dataclass(frozen=True)
class Cause:
    """A finding and the checks that lose something by it, by their names within the task."""

    finding: Finding
    checks: frozenset[str]


Causes = tuple[Cause, ...]


def cause(name: str, checks: frozenset[str], **fields: str | int | float) -> Cause:
    """Return a cause; fields fill its words."""
    return Cause(Finding(name, fields), checks)


def by_check(causes: Causes, lost: Mapping[str, object], complete: bool) -> dict[str, Causes]:
    """Return the causes of lost checks by their ids.

    Where nothing but these causes is wrong, they are the causes of what else was lost, too.
    """
    explained = {}
    for id in lost:
        name = id.split(".")[1]
        own = tuple(found for found in causes if name in found.checks)
        if name != "gradient" and complete:
            own = own or tuple(found for found in causes if found.checks != {"gradient"})
        if own:
            explained[id] = own
    return explained
