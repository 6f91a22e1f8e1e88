"""The misconceptions of all tasks by id: ``misconceptions.yaml`` of a task has their words, and
``misconceptions.py`` beside it the wrong formula or property that tells each of them.

Only checks that were lost ask for a diagnosis, so that a right solution is never told that it got
something wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grader.kit.misconception import Misconception
from grader.vae.decoder import misconceptions as decoder
from grader.vae.elbo import misconceptions as elbo
from grader.vae.encoder import misconceptions as encoder
from grader.vae.kl import misconceptions as kl
from grader.vae.reparam import misconceptions as reparam
from grader.vae.sample import misconceptions as sample

_TASKS = (encoder, reparam, decoder, kl, elbo, sample)

CATALOGUE: Mapping[str, Misconception] = MappingProxyType(
    {known.id: known for task in _TASKS for known in task.CATALOGUE.values()}
)
