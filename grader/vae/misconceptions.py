"""The misconceptions: one module a task, each a wrong formula or property, its name, its hint.

`CATALOGUE` lists them by id. Only checks that were lost ask for a diagnosis, so that a right
solution is never told that it got something wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import grader.vae.checks  # noqa: F401 - the checks use the modules below, and these the right formulas
from grader.kit.misconception import JOINT, Misconception
from grader.vae.decoder import misconceptions as decoder
from grader.vae.elbo import misconceptions as elbo
from grader.vae.encoder import misconceptions as encoder
from grader.vae.kl import misconceptions as kl
from grader.vae.reparam import misconceptions as reparam
from grader.vae.sample import misconceptions as sample

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
