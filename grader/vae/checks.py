"""What is judged, and what students get wrong: the checks and misconceptions of all tasks.

Only checks that were lost ask for a diagnosis, so that a right solution is never told that it got
something wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grader.kit.check import Check
from grader.kit.misconception import Diagnosis, Misconception
from grader.vae.decoder import checks as decoder
from grader.vae.decoder import diagnosis as of_decoder
from grader.vae.elbo import checks as elbo
from grader.vae.elbo import diagnosis as of_elbo
from grader.vae.encoder import checks as encoder
from grader.vae.encoder import diagnosis as of_encoder
from grader.vae.kl import checks as kl
from grader.vae.kl import diagnosis as of_kl
from grader.vae.reparam import checks as reparam
from grader.vae.reparam import diagnosis as of_reparam
from grader.vae.sample import checks as sample
from grader.vae.sample import diagnosis as of_sample

CHECKS: tuple[Check, ...] = tuple(
    check for task in (encoder, reparam, decoder, kl, elbo, sample) for check in task.CHECKS
)

DIAGNOSES: Mapping[str, Diagnosis] = MappingProxyType(
    {
        "encoder": of_encoder.DIAGNOSIS,
        "reparam": of_reparam.DIAGNOSIS,
        "decoder": of_decoder.DIAGNOSIS,
        "kl": of_kl.DIAGNOSIS,
        "elbo": of_elbo.DIAGNOSIS,
        "sample": of_sample.DIAGNOSIS,
    }
)
"""How losses are explained, by the ids of tasks."""

CATALOGUE: Mapping[str, Misconception] = MappingProxyType(
    {known.id: known for task in DIAGNOSES.values() for known in task.catalogue.values()}
)
"""All misconceptions by id."""
