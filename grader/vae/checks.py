"""What is judged: one module a task, one decorated function a check."""

from __future__ import annotations

from grader.kit.check import Check
from grader.vae.decoder import checks as decoder
from grader.vae.elbo import checks as elbo
from grader.vae.encoder import checks as encoder
from grader.vae.kl import checks as kl
from grader.vae.reparam import checks as reparam
from grader.vae.sample import checks as sample

CHECKS: tuple[Check, ...] = (
    *encoder.CHECKS,
    *reparam.CHECKS,
    *decoder.CHECKS,
    *kl.CHECKS,
    *elbo.CHECKS,
    *sample.CHECKS,
)
