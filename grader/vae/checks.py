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
from grader.vae.elbo import checks as elbo
from grader.vae.elbo.diagnosis import DIAGNOSIS as ELBO
from grader.vae.encoder import checks as encoder
from grader.vae.kl import checks as kl
from grader.vae.kl import diagnosis as kl_diagnosis
from grader.vae.reparam import checks as reparam
from grader.vae.reparam import diagnosis as reparam_diagnosis
from grader.vae.sample import checks as sample
from grader.vae.sample import diagnosis as sample_diagnosis

_TASKS = (encoder, reparam, decoder, kl, elbo, sample)

CHECKS: tuple[Check, ...] = tuple(check for task in _TASKS for check in task.CHECKS)

CATALOGUE: Mapping[str, Misconception] = MappingProxyType(
    {known.id: known for task in _TASKS for known in task.diagnosis.CATALOGUE.values()}
)
"""All misconceptions by id."""

DIAGNOSES: Mapping[str, Diagnosis] = MappingProxyType(
    {
        "reparam": Diagnosis(reparam.diagnosis.CATALOGUE, reparam_diagnosis.diagnose),
        "kl": Diagnosis(kl.diagnosis.CATALOGUE, kl_diagnosis.diagnose),
        "elbo": ELBO,
        "sample": Diagnosis(sample.diagnosis.CATALOGUE, sample_diagnosis.diagnose),
    }
)
