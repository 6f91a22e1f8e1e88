"""The misconceptions: one module a task, each a wrong formula or property, its name, its hint.

`CATALOGUE` lists them by id. Only checks that were lost ask for a diagnosis, so that a right
solution is never told that it got something wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import grader.checks  # noqa: F401 - the checks use the modules below, and these the right formulas
from grader.diagnosis import decoder, elbo, encoder, kl, reparam, sample
from grader.diagnosis.misconception import JOINT, Misconception

_TASKS = (encoder, reparam, decoder, kl, elbo, sample)

CATALOGUE: Mapping[str, Misconception] = MappingProxyType(
    {misconception.id: misconception for task in _TASKS for misconception in task.MISCONCEPTIONS}
)


def named(id: str) -> tuple[Misconception, ...]:
    """The misconceptions behind the id in a result, which may join several.

    Raises:
        KeyError: there is none of that name.
    """
    return tuple(CATALOGUE[part] for part in id.split(JOINT))
